"""A small page that shows which machine answered: what the WSGI appliance serves until it serves yours."""

import os
import platform
import socket
import time

from flask import Flask, jsonify, render_template

app = Flask(__name__)


def uptime() -> int:
    """Seconds since the machine booted. The unit sees no /proc/uptime, and needs none."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME))


def facts() -> dict[str, str]:
    minutes, seconds = divmod(uptime(), 60)
    return {
        "Host": socket.gethostname(),
        "System": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "Kernel": platform.release(),
        "Python": platform.python_version(),
        "Up for": f"{minutes} min {seconds} s",
    }


@app.get("/")
def page() -> str:
    return render_template("page.html", greeting=os.environ.get("GREETING", "Hello"), facts=facts())


@app.get("/healthz")
def health() -> tuple[str, int, dict[str, str]]:
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/api/status")
def status():
    return jsonify(
        application="hello",
        status="ok",
        host=socket.gethostname(),
        python=platform.python_version(),
        uptime_seconds=uptime(),
    )
