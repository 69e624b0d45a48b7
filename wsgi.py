"""The application that a WSGI server, and `flask --app wsgi`, serve."""

from shop import create_app

app = create_app()
