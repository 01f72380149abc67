"""Layout: the workbench's page as gradio Blocks; each listener hands over to Workbench."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from app.workbench import cases as case_picker
from app.workbench.rendering import render
from app.workbench.workbench import NOTHING_SAID, Conversation, View, Workbench

_HERE = Path(__file__).parent
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_ASKING: dict[str, Any] = {"concurrency_limit": 16, "concurrency_id": "ask", **_QUIET}
_QUESTION_HINT = "Ask the chosen Versions …"
_FOLLOW_UP_HINT = "Ask a follow-up …"


def build_page(workbench: Workbench) -> gr.Blocks:
    """Lay out the Versions, the question and the answers, and wire them up."""
    page: gr.Blocks = gr.Blocks(title="Winnow", analytics_enabled=False, fill_width=True)
    with page:
        _Page(workbench).listen(page)
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


class _Page:
    """The parts of the page, and what each of them sets off."""

    def __init__(self, workbench: Workbench) -> None:
        """Lay out the parts; the question is hidden while there is no Version to ask."""
        self.workbench = workbench
        self.cases = tuple(workbench.cases.values())
        self.signals = StopSignals()
        self.view: Any = gr.State(View())
        self.conversation: Any = gr.State(NOTHING_SAID)
        gr.HTML(render("masthead"), js_on_load=None, apply_default_css=False)
        self.table = _scripted("versions", "choose_versions.js")
        with gr.Column(elem_id="ask", visible=False) as self.bar:
            self._lay_out_question()
            self._lay_out_cases()
        self.answers = _scripted("answers", "follow_citations.js")
        self.shown_in = [
            self.answers, self.case, self.question, self.follow, self.ask_button,
            self.stop_button, self.conversation,
        ]  # fmt: skip

    def _lay_out_question(self) -> None:
        with gr.Row(elem_id="ask-question"):
            self.question: Any = gr.Textbox(
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
            self.ask_button: Any = gr.Button(
                "Ask", variant="primary", elem_id="ask-button", scale=0, min_width=88
            )
            self.stop_button: Any = gr.Button(
                "Stop", elem_id="stop-button", scale=0, min_width=88, visible=False
            )
        self.follow: Any = gr.Checkbox(
            label="Follow up on the answers below",
            elem_id="follow",
            container=False,
            interactive=False,
        )

    def _lay_out_cases(self) -> None:
        with gr.Row(elem_id="ask-case", visible=bool(self.cases)):
            self.case: Any = gr.Dropdown(
                case_picker.choices(self.cases),
                value=None,
                label="Or pick a Case",
                elem_id="case",
                num_choices_shown=None,
                scale=1,
                min_width=120,
            )
            self.tag: Any = gr.Dropdown(
                case_picker.filters(self.cases),
                value=case_picker.ALL,
                label="Filter by tag",
                elem_id="case-filter",
                scale=0,
                min_width=120,
            )
            self.before: Any = gr.Button("Previous", elem_id="case-before", scale=0, min_width=72)
            self.after: Any = gr.Button("Next", elem_id="case-after", scale=0, min_width=72)

    def listen(self, page: Any) -> None:
        """Wire up the parts."""
        inputs = [self.view, self.question, self.case, self.follow, self.conversation]
        asking = (self._ask, inputs, self.shown_in)
        arrived = [self.view, self.table, self.bar, self.question, self.case]
        page.load(self._arrive, None, arrived, **_QUIET).then(
            self._ask_if_given, inputs, self.shown_in, **_QUIET
        )
        shown = [self.view, self.table]
        self.table.reload(
            self._look_again, [self.view, self.answers], [*shown, self.bar, self.answers], **_QUIET
        )
        self.table.choose(self._choose, self.view, shown, trigger_mode="multiple", **_QUIET)
        self.table.sort(self._sort, self.view, shown, trigger_mode="multiple", **_QUIET)
        self.tag.input(self._narrow, [self.tag, self.case], self.case, **_QUIET)
        # A Case stands alone, so picking one ends a conversation.
        picked = [self.case, self.question, self.follow]
        self.case.input(self._pick, self.case, picked, **_QUIET).then(*asking, **_ASKING)
        for button, places in ((self.before, -1), (self.after, 1)):
            button.click(
                lambda chosen, picked, places=places: self._step(chosen, picked, places),
                [self.tag, self.case], picked, **_QUIET,
            ).then(*asking, **_ASKING)  # fmt: skip
        asked = [self.ask_button.click, self.question.submit]
        gr.on(asked, *asking, trigger_mode="always_last", **_ASKING)
        self.stop_button.click(self._stop, None, None, **_QUIET)
        # In the browser, so that nothing typed meanwhile is lost.
        empty = "(follow, text) => follow ? '' : text"
        self.follow.input(None, [self.follow, self.question], self.question, js=empty, **_QUIET)
        self.follow.change(_hint, self.follow, self.question, **_QUIET)

    def _arrive(self, request: gr.Request) -> tuple[Any, ...]:
        query = request.query_params
        seen = self.workbench.look(View(), str(query.get("versions", "")).split(","))
        picked = self.workbench.cases.get(str(query.get("case", "")))
        text = picked.question if picked else str(query.get("question", ""))
        return (*self._table(seen), _shown(seen), text, picked.id if picked else None)

    def _look_again(self, seen: View, html: str) -> tuple[Any, ...]:
        seen = self.workbench.look(seen)
        return (*self._table(seen), _shown(seen), html or self.workbench.blank(seen))

    def _choose(self, seen: View, event: gr.EventData) -> tuple[View, str]:
        return self._table(self.workbench.choose(seen, [str(each) for each in event.versions]))

    def _sort(self, seen: View, event: gr.EventData) -> tuple[View, str]:
        return self._table(self.workbench.sort(seen, str(event.column)))

    def _table(self, seen: View) -> tuple[View, str]:
        return seen, self.workbench.table(seen)

    def _narrow(self, chosen: str | None, picked: str | None) -> Any:
        left = case_picker.narrowed(self.cases, chosen)
        kept = picked if any(each.id == picked for each in left) else None
        return gr.update(choices=case_picker.choices(left), value=kept)

    def _pick(self, picked: str | None) -> tuple[Any, ...]:
        case = self.workbench.cases.get(picked or "")
        return gr.skip(), case.question if case else "", False

    def _step(self, chosen: str | None, picked: str | None, places: int) -> tuple[Any, ...]:
        found = case_picker.neighbour(case_picker.narrowed(self.cases, chosen), picked, places)
        return (found.id, found.question, False) if found else (gr.skip(),) * 3

    def _stop(self, request: gr.Request) -> None:
        self.signals.stop(str(request.session_hash))

    def _ask(
        self, seen: View, text: str, case_id: str | None, follow: bool, said: Conversation,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        page = str(request.session_hash)
        stop = self.signals.begin(page)
        case = None if follow else self.workbench.case_of(text, case_id)
        picked = case.id if case else None
        before = said if follow else NOTHING_SAID
        # The box is free for the next follow-up at once; what is typed there later stays.
        box: Any = "" if follow and text.strip() else gr.skip()
        try:
            for html, now, busy in self.workbench.ask(seen, text, case_id, before, stop):
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
            self.signals.end(page, stop)

    def _ask_if_given(
        self, seen: View, text: str, case_id: str | None, follow: bool, said: Conversation,
        request: gr.Request,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        if text.strip() and seen.versions:
            yield from self._ask(seen, text, case_id, follow, said, request)
        else:
            yield self.workbench.blank(seen), *(gr.skip() for _ in self.shown_in[1:])


def _scripted(name: str, script: str) -> Any:
    """Return an empty part of the page with the script that belongs to it."""
    code = (_HERE / script).read_text(encoding="utf-8")
    return gr.HTML(elem_id=name, js_on_load=code, apply_default_css=False)


def _hint(follow: bool) -> Any:
    return gr.update(placeholder=_FOLLOW_UP_HINT if follow else _QUESTION_HINT)


def _shown(seen: View) -> Any:
    """Show the question only while there is a Version to ask."""
    return gr.update(visible=bool(seen.versions))
