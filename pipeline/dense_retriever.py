"""Dense retrieval: the chunks whose vectors are closest to the question's."""

from pipeline.answer import Passage
from pipeline.chunks import ChunkTable
from pipeline.encoder import Encoder
from pipeline.vector_index import VectorIndex


class DenseRetriever:
    """Encodes the question and searches the vector index; a score is a cosine."""

    def __init__(self, encoder: Encoder, index: VectorIndex, chunks: ChunkTable) -> None:
        """Take the parts of one Version: index row and chunk row are the same number."""
        self._encoder = encoder
        self._index = index
        self._chunks = chunks

    def retrieve(self, question: str, k: int) -> list[Passage]:
        """Return at most `k` passages, best first, ranks counting from 1."""
        [query] = self._encoder.encode([question])
        rows, scores = self._index.search(query, k)
        return self._chunks.passages(rows, scores)
