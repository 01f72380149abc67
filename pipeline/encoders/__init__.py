"""Texts to vectors and pairs of texts to scores, at answer time, without torch."""

__all__ = [
    "cache", "encoder", "endpoint_encoder", "onnx_encoder", "onnx_model", "opening", "reranker",
]  # fmt: skip
