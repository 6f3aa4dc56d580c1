#!/usr/bin/python3
"""Answers on the application's ports with status 503 and what is missing, as long as stonebake-firstboot finds something.

Usage: page PORT...
"""

import html
import http.server
import json
import socket
import sys
import threading

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="10"><title>{title} is not ready</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 40em; margin: 4em auto; padding: 0 1em }}</style></head>
<body><h1>{title} is not ready</h1>
<p>It was started without parameters that it needs, or with wrong ones:</p>
<ul>{problems}</ul>
<p>Its administrator gives them in user data, or as root on the machine: <code>stonebake-firstboot NAME=VALUE</code></p>
</body></html>
"""


class Answer(http.server.BaseHTTPRequestHandler):
    timeout = 30
    server_version, sys_version = "stonebake", ""

    def answer(self):
        with open("/run/stonebake/state.json", encoding="utf-8") as file:
            state = json.load(file)
        items = [
            (f"<b>{html.escape(problem['parameter'])}</b>: " if problem["parameter"] else "")
            + html.escape(problem["message"])
            for problem in state["problems"]
        ]
        title = html.escape(f"{state['name']} {state['version']}")
        text = PAGE.format(title=title, problems="".join(f"<li>{item}</li>" for item in items))
        body = text.encode()
        self.send_response(503)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "30")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            # IPv4 too.
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


def server(port):
    try:
        return Server(("::" if socket.has_ipv6 else "", port), Answer)
    except OSError:
        # A kernel with IPv6 switched off.
        Server.address_family = socket.AF_INET
        return Server(("", port), Answer)


if __name__ == "__main__":
    for number in sys.argv[1:]:
        threading.Thread(target=server(int(number)).serve_forever).start()
