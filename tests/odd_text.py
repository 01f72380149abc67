"""Odd texts: what people's files hold and splitters trip over, for property tests."""

from hypothesis import strategies as st

_PIECES = (
    "pump ",
    "The pump stops. ",
    "E-4471",
    "été",
    "保証期間。",
    "👩‍👩‍👧",
    "\n",
    "\n\n",
    "   ",
    "\t",
    "...",
    "x" * 50,
    "don't ",
    "\u0301",
    "\u200d",
    "ﷺ",
    "<|endoftext|>",
    "\0",
    "\u2028",
    "\x85",
    ", ",
    ";",
    "1234567",
)

ODD_TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(_PIECES), max_size=80).map("".join),
    st.text(" \n\t\u00a0", max_size=30),
    st.integers(1, 3000).map(lambda length: "ab" * length),
)
