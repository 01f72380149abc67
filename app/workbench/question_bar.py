"""Question bar: where a question is typed, followed up or picked from the Cases."""

from typing import Any, NamedTuple

import gradio as gr

from app.workbench import case_picker
from eval.case import Case

QUESTION_HINT = "Ask the chosen Versions …"
FOLLOW_UP_HINT = "Ask a follow-up …"


class QuestionBar(NamedTuple):
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


def question_bar(cases: tuple[Case, ...]) -> QuestionBar:
    """Lay out the bar, hidden while there is no Version to ask."""
    with gr.Column(elem_id="ask", visible=False) as whole:
        with gr.Row(elem_id="ask-question"):
            question = gr.Textbox(
                label="Question",
                placeholder=QUESTION_HINT,
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
    return QuestionBar(whole, question, follow, ask, stop, case, tag, before, after)


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
