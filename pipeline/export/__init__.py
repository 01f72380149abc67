"""Build time only, with torch: models to ONNX, checked against the original; texts embedded."""

__all__ = ["embedder", "encoder_export", "loading", "reranker_export"]
