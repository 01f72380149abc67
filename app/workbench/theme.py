"""Theme: gradio's own parts in the workbench's colours, which style.css defines."""

from typing import Any

_COLOURS = {
    "body_background_fill": "var(--w-paper)",
    "body_text_color": "var(--w-ink)",
    "body_text_color_subdued": "var(--w-soft)",
    "background_fill_primary": "var(--w-sheet)",
    "background_fill_secondary": "var(--w-paper)",
    "border_color_primary": "var(--w-line)",
    "block_background_fill": "transparent",
    "block_border_color": "transparent",
    "block_label_text_color": "var(--w-soft)",
    "block_title_text_color": "var(--w-soft)",
    "block_info_text_color": "var(--w-soft)",
    "input_background_fill": "var(--w-sheet)",
    "input_background_fill_focus": "var(--w-sheet)",
    "input_border_color": "var(--w-edge)",
    "input_border_color_focus": "var(--w-focus)",
    "input_placeholder_color": "var(--w-faint)",
    "button_primary_background_fill": "var(--w-ink)",
    "button_primary_background_fill_hover": "var(--w-ink-hover)",
    "button_primary_text_color": "var(--w-sheet)",
    "button_primary_border_color": "var(--w-ink)",
    "button_secondary_background_fill": "var(--w-sheet)",
    "button_secondary_background_fill_hover": "var(--w-hover)",
    "button_secondary_text_color": "var(--w-ink)",
    "button_secondary_border_color": "var(--w-edge)",
}


def theme() -> Any:
    """Return gradio's plain theme with every visible colour tied to a variable of style.css.

    Its font files are served by gradio itself, so nothing is fetched from elsewhere.
    """
    import gradio as gr

    values = _COLOURS | {f"{name}_dark": value for name, value in _COLOURS.items()}
    base = gr.themes.Base(
        text_size="sm",
        spacing_size="sm",
        radius_size="sm",
        # Of the weights that gradio carries, only these two hold Latin letters.
        font=(gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"),
        font_mono=(gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "monospace"),
    )
    return base.set(**values)
