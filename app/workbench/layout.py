"""Layout: the workbench's page as gradio Blocks; each listener hands over to Workbench."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from app.workbench import case_picker
from app.workbench.rendering import render
from app.workbench.workbench import View, Workbench
from eval.case import Case

_HERE = Path(__file__).parent
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def build_page(workbench: Workbench, cases: tuple[Case, ...]) -> gr.Blocks:
    """Lay out the Versions, the question and the answers, and wire them up."""
    page: gr.Blocks = gr.Blocks(title="Winnow", analytics_enabled=False, fill_width=True)
    with page:
        view = gr.State(View())
        gr.HTML(render("masthead"), js_on_load=None, apply_default_css=False)
        table = gr.HTML(
            elem_id="versions",
            js_on_load=(_HERE / "choose_versions.js").read_text(encoding="utf-8"),
            apply_default_css=False,
        )
        bar, question, tag, case, before, after, ask = _question_bar(cases)
        answers = gr.HTML(
            elem_id="answers",
            js_on_load=(_HERE / "follow_citations.js").read_text(encoding="utf-8"),
            apply_default_css=False,
        )
        asking = (_asking(workbench), [view, question, case], [answers, case])
        _wire_versions(page, workbench, (view, table, bar, question, case, answers), asking)
        _wire_cases(cases, (question, tag, case, before, after), asking)
        gr.on(
            [ask.click, question.submit], *asking, trigger_mode="always_last",
            concurrency_limit=4, concurrency_id="ask", **_QUIET,
        )  # fmt: skip
    return page


def _question_bar(cases: tuple[Case, ...]) -> tuple[Any, ...]:
    with gr.Column(elem_id="ask", visible=False) as bar:
        with gr.Row(elem_id="ask-question"):
            question = gr.Textbox(
                label="Question",
                placeholder="Ask the chosen Versions …",
                elem_id="question",
                lines=1,
                max_lines=4,
                scale=1,
                container=False,
                show_label=False,
                html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
            )
            ask = gr.Button("Ask", variant="primary", elem_id="ask-button", scale=0, min_width=88)
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
    return bar, question, tag, case, before, after, ask


def _wire_versions(page: Any, workbench: Workbench, parts: tuple[Any, ...], asking: Any) -> None:
    view, table, bar, question, case, answers = parts

    def arrive(request: gr.Request) -> tuple[Any, ...]:
        query = request.query_params
        seen = workbench.look(View(), str(query.get("versions", "")).split(","))
        picked = workbench.find_case(str(query.get("case", "")))
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

    def ask_if_given(seen: View, text: str, case_id: str | None) -> Iterator[tuple[Any, ...]]:
        if text.strip() and seen.versions:
            yield from asking[0](seen, text, case_id)
        else:
            yield workbench.blank(seen), gr.skip()

    page.load(arrive, None, [view, table, bar, question, case], **_QUIET).then(
        ask_if_given, asking[1], asking[2], **_QUIET
    )
    table.reload(look_again, [view, answers], [view, table, bar, answers], **_QUIET)
    table.choose(choose, view, [view, table], trigger_mode="multiple", **_QUIET)
    table.sort(sort, view, [view, table], trigger_mode="multiple", **_QUIET)


def _wire_cases(cases: tuple[Case, ...], parts: tuple[Any, ...], asking: Any) -> None:
    question, tag, case, before, after = parts
    texts = {each.id: each.question for each in cases}

    def narrow(chosen: str | None, picked: str | None) -> Any:
        left = case_picker.narrowed(cases, chosen)
        kept = picked if any(each.id == picked for each in left) else None
        return gr.update(choices=case_picker.choices(left), value=kept)

    def step(chosen: str | None, picked: str | None, places: int) -> tuple[Any, str]:
        found = case_picker.neighbour(case_picker.narrowed(cases, chosen), picked, places)
        return (found.id, found.question) if found else (gr.skip(), gr.skip())

    tag.input(narrow, [tag, case], case, **_QUIET)
    case.input(lambda picked: texts.get(picked, ""), case, question, **_QUIET).then(
        *asking, concurrency_limit=4, concurrency_id="ask", **_QUIET
    )
    for button, places in ((before, -1), (after, 1)):
        button.click(
            lambda chosen, picked, places=places: step(chosen, picked, places),
            [tag, case], [case, question], **_QUIET,
        ).then(*asking, concurrency_limit=4, concurrency_id="ask", **_QUIET)  # fmt: skip


def _shown(seen: View) -> Any:
    """Show the question only while there is a Version to ask."""
    return gr.update(visible=bool(seen.versions))


def _asking(workbench: Workbench) -> Any:
    def ask(seen: View, text: str, case_id: str | None) -> Iterator[tuple[Any, ...]]:
        case = workbench.case_of(text, case_id)
        picked = case.id if case else None
        for html in workbench.ask(seen, text, case_id):
            yield html, gr.skip() if picked == case_id else picked

    return ask
