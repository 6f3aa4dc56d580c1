"""The application of the measurement: one page."""


def app(environ, start_response):
    body = b"Hello from the benchmark\n"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
