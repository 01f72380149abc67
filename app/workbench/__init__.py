"""The Gradio workbench: Versions side by side; the only folder that imports gradio."""
