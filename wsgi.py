"""The application that a WSGI server, and `flask --app wsgi`, serve.

What is built here stays for as long as the process lives. So Python's collector rests while it is built, where it
would find nothing and take a tenth of the start, and leaves it alone afterwards.
"""

import gc

from flask import Flask


def build() -> Flask:
    """Import the shop and put it together; what that makes is never looked through for garbage."""
    gc.disable()
    try:
        from shop import create_app

        return create_app()
    finally:
        gc.freeze()
        gc.enable()


app = build()
