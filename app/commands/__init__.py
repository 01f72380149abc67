"""One file for each command of `winnow`, with the tables that it prints.

`app.main` imports one once it is called, by its name.
"""
