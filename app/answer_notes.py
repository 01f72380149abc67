"""Answer notes: what a reader of an answer should know about how it came to be."""

from app.growth import Growth


def answer_notes(growth: Growth) -> list[str]:
    """Return a sentence for each thing that went otherwise than planned; mostly there is none."""
    answer, restarts = growth.answer, growth.restarts
    notes = []
    if restarts:
        times = "once" if restarts == 1 else f"{restarts} times"
        notes.append(f"The reply broke off {times} and was begun anew.")
    if answer.dropped:
        ranks = ", ".join(map(str, answer.dropped))
        notes.append(
            f"{len(answer.dropped)} of {len(answer.passages)} passages did not fit into the "
            f"model's window and were left out: {ranks}."
        )
    if answer.stray == 1:
        notes.append("1 citation pointed at no passage and was removed.")
    elif answer.stray:
        notes.append(f"{answer.stray} citations pointed at no passage and were removed.")
    return notes
