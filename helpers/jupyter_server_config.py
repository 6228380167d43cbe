"""How `make lab` serves the lessons: `jupyterlab --config=helpers/jupyter_server_config.py`.

It makes the working copies and opens the first of them, on this machine alone and with a token.
"""
