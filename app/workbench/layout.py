"""Layout: the workbench's page as gradio Blocks; each listener hands over to Workbench."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from app.workbench import cases as case_picker
from app.workbench.rendering import render
from app.workbench.workbench import NOTHING_SAID, Conversation, View, Workbench
from eval.cases.case import Case

_HERE = Path(__file__).parent
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_ASKING: dict[str, Any] = {"concurrency_limit": 16, "concurrency_id": "ask", **_QUIET}
_QUESTION_HINT = "Ask the chosen Versions …"
_FOLLOW_UP_HINT = "Ask a follow-up …"


def build_page(workbench: Workbench) -> gr.Blocks:
    """Lay out the Versions, the question and the answers, and wire them up."""
    page: gr.Blocks = gr.Blocks(title="Winnow", analytics_enabled=False, fill_width=True)
    cases, signals = tuple(workbench.cases.values()), StopSignals()
    with page:
        view, conversation = gr.State(View()), gr.State(NOTHING_SAID)
        gr.HTML(render("masthead"), js_on_load=None, apply_default_css=False)
        table = gr.HTML(
            elem_id="versions",
            js_on_load=(_HERE / "choose_versions.js").read_text(encoding="utf-8"),
            apply_default_css=False,
        )
        bar = _question_bar(cases)
        answers = gr.HTML(
            elem_id="answers",
            js_on_load=(_HERE / "follow_citations.js").read_text(encoding="utf-8"),
            apply_default_css=False,
        )
        asking = (
            _asking(workbench, signals),
            [view, bar.question, bar.case, bar.follow, conversation],
            [answers, bar.case, bar.question, bar.follow, bar.ask, bar.stop, conversation],
        )
        _wire_versions(page, workbench, (view, table, answers), bar, asking)
        _wire_cases(cases, bar, asking)
        _wire_question(bar, signals, asking)
    return page


class StopSignals:
    """One signal for each page, by its session, for as long as it is asking; thread-safe."""

    def __init__(self) -> None:
        """Hold no signal yet."""
        self._signals: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def begin(self, page: str) -> threading.Event:
        """Return a signal of the question that a page begins to ask."""
        signal = threading.Event()
        with self._lock:
            self._signals[page] = signal
        return signal

    def stop(self, page: str) -> None:
        """Set the signal of what a page is asking, if it is."""
        with self._lock:
            signal = self._signals.get(page)
        if signal is not None:
            signal.set()

    def end(self, page: str, signal: threading.Event) -> None:
        """Forget a signal, unless the page has begun another question since."""
        with self._lock:
            if self._signals.get(page) is signal:
                del self._signals[page]


class _QuestionBar(NamedTuple):
    """The parts of the bar."""

    whole: Any
    question: Any
    follow: Any
    ask: Any
    stop: Any
    case: Any
    tag: Any
    before: Any
    after: Any


def _question_bar(cases: tuple[Case, ...]) -> _QuestionBar:
    """Lay out the bar, hidden while there is no Version to ask."""
    with gr.Column(elem_id="ask", visible=False) as whole:
        with gr.Row(elem_id="ask-question"):
            question = gr.Textbox(
                label="Question",
                placeholder=_QUESTION_HINT,
                elem_id="question",
                lines=1,
                max_lines=4,
                scale=1,
                container=False,
                show_label=False,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
            )
            ask = gr.Button("Ask", variant="primary", elem_id="ask-button", scale=0, min_width=88)
            stop = gr.Button("Stop", elem_id="stop-button", scale=0, min_width=88, visible=False)
        follow = gr.Checkbox(
            label="Follow up on the answers below",
            elem_id="follow",
            container=False,
            interactive=False,
        )
        case, tag, before, after = _case_row(cases)
    return _QuestionBar(whole, question, follow, ask, stop, case, tag, before, after)


def _case_row(cases: tuple[Case, ...]) -> tuple[Any, Any, Any, Any]:
    with gr.Row(elem_id="ask-case", visible=bool(cases)):
        case = gr.Dropdown(
            case_picker.choices(cases),
            value=None,
            label="Or pick a Case",
            elem_id="case",
            num_choices_shown=None,
            scale=1,
            min_width=120,
        )
        tag = gr.Dropdown(
            case_picker.filters(cases),
            value=case_picker.ALL,
            label="Filter by tag",
            elem_id="case-filter",
            scale=0,
            min_width=120,
        )
        before = gr.Button("Previous", elem_id="case-before", scale=0, min_width=72)
        after = gr.Button("Next", elem_id="case-after", scale=0, min_width=72)
    return case, tag, before, after


def _wire_versions(
    page: Any, workbench: Workbench, parts: tuple[Any, ...], bar: _QuestionBar, asking: Any
) -> None:
    view, table, answers = parts
    _, asked_with, shown_in = asking

    def arrive(request: gr.Request) -> tuple[Any, ...]:
        query = request.query_params
        seen = workbench.look(View(), str(query.get("versions", "")).split(","))
        picked = workbench.cases.get(str(query.get("case", "")))
        text = picked.question if picked else str(query.get("question", ""))
        picked_id = picked.id if picked else None
        return seen, workbench.table(seen), _shown(seen), text, picked_id

    def look_again(seen: View, html: str) -> tuple[Any, ...]:
        seen = workbench.look(seen)
        return seen, workbench.table(seen), _shown(seen), html or workbench.blank(seen)

    def choose(seen: View, event: gr.EventData) -> tuple[View, str]:
        seen = workbench.choose(seen, [str(each) for each in event.versions])
        return seen, workbench.table(seen)

    def sort(seen: View, event: gr.EventData) -> tuple[View, str]:
        seen = workbench.sort(seen, str(event.column))
        return seen, workbench.table(seen)

    page.load(arrive, None, [view, table, bar.whole, bar.question, bar.case], **_QUIET).then(
        _asking_if_given(workbench, asking), asked_with, shown_in, **_QUIET
    )
    table.reload(look_again, [view, answers], [view, table, bar.whole, answers], **_QUIET)
    table.choose(choose, view, [view, table], trigger_mode="multiple", **_QUIET)
    table.sort(sort, view, [view, table], trigger_mode="multiple", **_QUIET)


def _wire_cases(cases: tuple[Case, ...], bar: _QuestionBar, asking: Any) -> None:
    texts = {each.id: each.question for each in cases}
    # A Case stands alone, so picking one ends a conversation.
    parts = [bar.case, bar.question, bar.follow]

    def narrow(chosen: str | None, picked: str | None) -> Any:
        left = case_picker.narrowed(cases, chosen)
        kept = picked if any(each.id == picked for each in left) else None
        return gr.update(choices=case_picker.choices(left), value=kept)

    def step(chosen: str | None, picked: str | None, places: int) -> tuple[Any, ...]:
        found = case_picker.neighbour(case_picker.narrowed(cases, chosen), picked, places)
        return (found.id, found.question, False) if found else (gr.skip(),) * 3

    bar.tag.input(narrow, [bar.tag, bar.case], bar.case, **_QUIET)
    bar.case.input(
        lambda picked: (gr.skip(), texts.get(picked, ""), False), bar.case, parts, **_QUIET
    ).then(*asking, **_ASKING)
    for button, places in ((bar.before, -1), (bar.after, 1)):
        button.click(
            lambda chosen, picked, places=places: step(chosen, picked, places),
            [bar.tag, bar.case], parts, **_QUIET,
        ).then(*asking, **_ASKING)  # fmt: skip


def _wire_question(bar: _QuestionBar, signals: StopSignals, asking: Any) -> None:
    def stop(request: gr.Request) -> None:
        signals.stop(str(request.session_hash))

    def hint(follow: bool) -> Any:
        return gr.update(placeholder=_FOLLOW_UP_HINT if follow else _QUESTION_HINT)

    gr.on([bar.ask.click, bar.question.submit], *asking, trigger_mode="always_last", **_ASKING)
    bar.stop.click(stop, None, None, **_QUIET)
    # In the browser, so that nothing typed meanwhile is lost.
    empty = "(follow, text) => follow ? '' : text"
    bar.follow.input(None, [bar.follow, bar.question], bar.question, js=empty, **_QUIET)
    bar.follow.change(hint, bar.follow, bar.question, **_QUIET)


def _asking(workbench: Workbench, signals: StopSignals) -> Any:
    def ask(
        seen: View, text: str, case_id: str | None, follow: bool, said: Conversation,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        page = str(request.session_hash)
        stop = signals.begin(page)
        case = None if follow else workbench.case_of(text, case_id)
        picked = case.id if case else None
        before = said if follow else NOTHING_SAID
        # The box is free for the next follow-up at once; what is typed there later stays.
        box: Any = "" if follow and text.strip() else gr.skip()
        try:
            for html, now, busy in workbench.ask(seen, text, case_id, before, stop):
                now = now if text.strip() else said
                stoppable = busy and seen.waits_for_models
                yield (
                    html,
                    gr.skip() if picked == case_id else picked,
                    box,
                    gr.update(interactive=bool(now.rounds) and not busy),
                    gr.update(visible=not stoppable),
                    gr.update(visible=stoppable),
                    now,
                )
                box = gr.skip()
        finally:
            stop.set()
            signals.end(page, stop)

    return ask


def _asking_if_given(workbench: Workbench, asking: Any) -> Any:
    ask, _, shown_in = asking

    def ask_if_given(
        seen: View, text: str, case_id: str | None, follow: bool, said: Conversation,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        if text.strip() and seen.versions:
            yield from ask(seen, text, case_id, follow, said, request)
        else:
            yield workbench.blank(seen), *(gr.skip() for _ in shown_in[1:])

    return ask_if_given


def _shown(seen: View) -> Any:
    """Show the question only while there is a Version to ask."""
    return gr.update(visible=bool(seen.versions))
