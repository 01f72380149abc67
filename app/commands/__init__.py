"""One command of `winnow` a file; `app.main` composes them."""
