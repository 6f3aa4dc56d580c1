"""A mirror that misbehaves on demand: the path says how.

With a certificate and its key as arguments it speaks https. Asked as a proxy, it answers for every host.
Prints its port. /log answers with one line a request so far: method, path, Range and If-Range (or -).
A path ends in a word of the test's own, so that tests do not count each other's requests. Content is a chain of digests, so that every range of it is known: /ok/1000 is 1,000 bytes.
Ends when its standard input ends, so that it never outlives the tests.
"""

import hashlib
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

seen = {}
requests = []
lock = threading.Lock()


def content(size):
    out = bytearray()
    block = 0
    while len(out) < size:
        out += hashlib.sha256(str(block).encode()).digest()
        block += 1
    return bytes(out[:size])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path == "/log":
            text = "\n".join(requests).encode()
            self.head(200, len(text))
            self.wfile.write(text)
            return
        asked = self.headers.get("Range")
        with lock:
            count = seen[self.path] = seen.get(self.path, 0) + 1
            requests.append(" ".join([self.command, self.path, asked or "-", self.headers.get("If-Range") or "-"]))
        path = "/" + self.path.split("/", 3)[3] if self.path.startswith("http://") else self.path
        words = path.strip("/").split("/")
        mode, size = words[0], int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        body = content(size)
        try:
            self.token = words[-1]
            getattr(self, "mode_" + mode.replace("-", "_"))(body, count, asked)
        except (BrokenPipeError, ConnectionResetError):
            pass

    do_POST = do_GET
    do_PUT = do_GET

    def head(self, status, length, **fields):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def whole_or_range(self, body, asked, etag='"v1"'):
        if asked and (self.headers.get("If-Range") or etag) == etag:
            start = int(asked.split("=")[1].split("-")[0])
            if start >= len(body):
                return self.head(416, 0, Content_Range="bytes */%d" % len(body))
            self.head(206, len(body) - start, ETag=etag,
                      Content_Range="bytes %d-%d/%d" % (start, len(body) - 1, len(body)))
            self.wfile.write(body[start:])
        else:
            self.head(200, len(body), ETag=etag)
            self.wfile.write(body)

    def cut(self, body, upto, length=None):
        """Announces the whole and closes after `upto` bytes."""
        self.head(200, length or len(body), ETag='"v1"')
        self.wfile.write(body[:upto])
        self.wfile.flush()
        self.close_connection = True

    def mode_ok(self, body, count, asked):
        self.whole_or_range(body, asked)

    def mode_stop_once(self, body, count, asked):
        """Stops in the middle the first time; goes on from there the second."""
        self.cut(body, len(body) // 2) if count == 1 else self.whole_or_range(body, asked)

    def mode_stop_always(self, body, count, asked):
        self.cut(body, len(body) // 2)

    def mode_ignore_range(self, body, count, asked):
        """Stops once, and then sends everything although a range was asked for."""
        self.cut(body, len(body) // 2) if count == 1 else self.whole_or_range(body, None)

    def mode_changed(self, body, count, asked):
        """Stops once, and has another version the next time: If-Range must not match."""
        if count == 1:
            self.cut(b"x" * len(body), len(body) // 2)
        else:
            self.whole_or_range(body, asked, etag='"v2"')

    def mode_wrong_range(self, body, count, asked):
        """Answers 206 with bytes other than asked for, then whole."""
        if count == 1:
            self.cut(body, len(body) // 2)
        elif asked:
            self.head(206, len(body), Content_Range="bytes 0-%d/%d" % (len(body) - 1, len(body)))
            self.wfile.write(body)
        else:
            self.whole_or_range(body, None)

    def mode_no_length(self, body, count, asked):
        """Gives no length and closes early the first time."""
        self.head(200, None, Connection="close")
        self.wfile.write(body if count > 1 else body[: len(body) // 2])
        self.close_connection = True

    def mode_twice_503(self, body, count, asked):
        if count <= 2:
            self.head(503, 4, Retry_After="0")
            self.wfile.write(b"busy")
        else:
            self.whole_or_range(body, asked)

    def mode_always_503(self, body, count, asked):
        self.head(503, 4)
        self.wfile.write(b"busy")

    def mode_missing(self, body, count, asked):
        self.head(404, 9)
        self.wfile.write(b"not found")

    def mode_gone(self, body, count, asked):
        self.head(410, 4)
        self.wfile.write(b"gone")

    def mode_forbidden(self, body, count, asked):
        self.head(403, 2)
        self.wfile.write(b"no")

    def mode_stall_once(self, body, count, asked):
        """Sends half and then nothing, with the connection open, for five minutes."""
        if count > 1:
            return self.whole_or_range(body, asked)
        self.head(200, len(body), ETag='"v1"')
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        time.sleep(300)

    def mode_slow(self, body, count, asked):
        """A byte now and then, for a minute."""
        self.head(200, len(body))
        for byte in body[:600]:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.1)

    def mode_larger(self, body, count, asked):
        """Twice as much as the path says, and honest about it."""
        self.head(200, 2 * len(body))
        self.wfile.write(body + body)

    def mode_endless(self, body, count, asked):
        """More and more, without a length."""
        self.head(200, None, Connection="close")
        for _ in range(4000):
            self.wfile.write(body)

    def mode_other(self, body, count, asked):
        """As long as the right content, but other bytes."""
        self.head(200, len(body))
        self.wfile.write(b"z" * len(body))

    def mode_other_once(self, body, count, asked):
        self.mode_other(body, count, asked) if count == 1 else self.whole_or_range(body, asked)

    def mode_redirect(self, body, count, asked):
        self.head(302, 5, Location="/ok/%d/%s" % (len(body), self.token))
        self.wfile.write(b"moved")

    def mode_loop(self, body, count, asked):
        self.head(302, 0, Location=self.path)

    def mode_local_redirect(self, body, count, asked):
        self.head(302, 0, Location="file:///etc/passwd")

    def mode_reset_once(self, body, count, asked):
        """Closes the connection without an answer."""
        if count > 1:
            return self.whole_or_range(body, asked)
        self.close_connection = True

    def mode_echo(self, body, count, asked):
        length = int(self.headers.get("Content-Length") or 0)
        text = "%s %s\n" % (self.command, self.path)
        text += "".join("%s: %s\n" % pair for pair in self.headers.items()) + "\n"
        answer = text.encode() + self.rfile.read(length)
        self.head(201, len(answer), X_Test="one")
        self.wfile.write(answer)


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Clients that go away, and connections that are dropped on purpose, are what the tests are about."""


server = Server(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
