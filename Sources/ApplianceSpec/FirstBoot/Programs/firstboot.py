#!/usr/bin/python3
"""Applies the parameters of this appliance, at boot and whenever somebody has changed them.

Made by Stonebake; docs/first-boot.md tells the whole of it. What the appliance declares is in
/usr/local/lib/stonebake/appliance.json, what a deployer says in /etc/stonebake/parameters.yaml (which cloud-init may
write) and in systemd's credentials stonebake.NAME.
"""

import argparse
import contextlib
import difflib
import fcntl
import getpass
import grp
import hashlib
import html
import ipaddress
import json
import os
import pwd
import re
import secrets
import shlex
import string
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = ""
PARAMETERS = "/etc/stonebake/parameters.yaml"
CREDENTIALS = ["/run/credentials/@system", "/run/credentials/stonebake-firstboot.service"]
VALUES = "/var/lib/stonebake/values/values.json"
STATE = "/var/lib/stonebake/state.json"
RUN = "/run/stonebake"
READY = RUN + "/ready"
UNIT = "stonebake-firstboot.service"
PAGE = "stonebake-page.service"
# Without the characters that people take for one another.
ALPHABET = "".join(c for c in string.ascii_letters + string.digits if c not in "0O1lI")
PATTERNS = {
    "hostname": r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    "email": r'[^\s@"<>()]+@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*',
    "url": r"https?://[^\s/?#]+[^\s]*",
}
WANTED = {
    "hostname": "a host name is wanted",
    "email": "an e-mail address is wanted",
    "url": "an address that begins with http:// or https:// is wanted",
}
FILTERS = {
    "json": json.dumps,
    "shell": shlex.quote,
    "url": lambda text: urllib.parse.quote(text, safe=""),
    "html": html.escape,
}


class Problem(Exception):
    """Something that keeps the appliance from being ready; `name` is the parameter's, or None."""

    def __init__(self, message, name=None, source=None):
        super().__init__(message)
        self.message, self.name, self.source = message, name, source

    def __str__(self):
        place = f" ({self.source})" if self.source else ""
        return (f"{self.name}: " if self.name else "") + self.message + place


def path(name):
    return ROOT + name


def read_json(name):
    """An empty map for what is not there, or was cut short by a power failure."""
    try:
        with open(path(name), encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def write(name, text, mode=0o600, owner=None):
    """Writes a file aside and renames it; returns whether anything is different from before."""
    full = path(name)
    uid, gid = ids(owner)
    with contextlib.suppress(OSError):
        status = os.lstat(full)
        if os.path.isfile(full) and not os.path.islink(full) and status.st_mode & 0o7777 == mode:
            with open(full, encoding="utf-8", errors="replace", newline="") as file:
                if file.read() == text and (status.st_uid, status.st_gid) == (uid, gid):
                    return False
    os.makedirs(os.path.dirname(full), exist_ok=True)
    descriptor, aside = tempfile.mkstemp(prefix=".stonebake-", dir=os.path.dirname(full))
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.rename(aside, full)
    except BaseException:
        os.unlink(aside)
        raise
    return True


def ids(owner):
    user, _, group = (owner or "").partition(":")
    if not user:
        return os.geteuid(), os.getegid()
    try:
        account = pwd.getpwnam(user)
        return account.pw_uid, grp.getgrnam(group).gr_gid if group else account.pw_gid
    except KeyError:
        raise Problem(f"there is no user or group '{owner}'") from None


def as_json(value):
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


# Values


def judge(parameter, text):
    """What is wrong with a value, or None; the value, which may be a secret, is not repeated."""
    kind = parameter["type"]
    if kind in ("integer", "port"):
        if not re.fullmatch("-?[0-9]+", text, re.ASCII) or len(text) > 20 or abs(int(text)) >= 1 << 63:
            return "a whole number is wanted"
        least = parameter.get("minimum", 1 if kind == "port" else None)
        most = parameter.get("maximum", 65535 if kind == "port" else None)
        if least is not None and int(text) < least:
            return f"it is less than {least}"
        if most is not None and int(text) > most:
            return f"it is more than {most}"
        return None
    if kind == "boolean":
        return None if text in ("true", "false") else "true or false is wanted"
    if kind == "choice":
        return None if text in parameter["choices"] else f"one of {', '.join(parameter['choices'])} is wanted"
    if kind == "address":
        try:
            if "%" in text:
                raise ValueError
            ipaddress.ip_address(text)
            return None
        except ValueError:
            return "an IPv4 or IPv6 address is wanted"
    return judge_text(parameter, text)


def judge_text(parameter, text):
    kind = parameter["type"]
    least = parameter.get("minimumLength", 1)
    most = parameter.get("maximumLength", 65536 if kind == "text" else 1024)
    if len(text) < least:
        return "it is empty" if not text else f"it has fewer than {least} characters"
    if len(text) > most:
        return f"it has more than {most} characters"
    if "\0" in text:
        return "it has a NUL character"
    if kind != "text" and re.search("[\r\n]", text):
        return "it has more than one line"
    if kind in PATTERNS and not re.fullmatch(PATTERNS[kind], text):
        return WANTED[kind]
    if "pattern" in parameter and not re.fullmatch(parameter["pattern"], text):
        return f"it does not match {parameter['pattern']}"
    return None


def canonical(parameter, text):
    """YAML's other words for true and false, and blanks around what has none."""
    if parameter["type"] == "boolean":
        lower = text.strip().lower()
        return {"yes": "true", "on": "true", "1": "true", "no": "false", "off": "false", "0": "false"}.get(lower, lower)
    return text if parameter["type"] in ("string", "text", "password") else text.strip()


def given_by_file():
    """What /etc/stonebake/parameters.yaml says: name to text."""
    full = path(PARAMETERS)
    if not os.path.exists(full):
        return {}
    import yaml  # It comes with cloud-init, which an image without parameters need not have.

    try:
        # A deployer's cloud-config may have left it for all to read.
        os.chmod(full, 0o600)
        with open(full, encoding="utf-8") as file:
            # All scalars as they are written: 1.10 and 0123 are texts.
            document = yaml.load(file, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise Problem(f"this is not YAML: {error.problem or 'it cannot be read'}", source=PARAMETERS + place) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise Problem("this is not YAML in UTF-8", source=PARAMETERS) from None
    if document in (None, ""):
        return {}
    if not isinstance(document, dict):
        raise Problem("lines of 'NAME: VALUE' are wanted", source=PARAMETERS)
    return document


def given_by_credentials():
    given = {}
    for folder in map(path, CREDENTIALS):
        if not os.path.isdir(folder):
            continue
        for name in sorted(os.listdir(folder)):
            if name.startswith("stonebake."):
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    text = file.read()
                given[name.removeprefix("stonebake.")] = text[:-1] if text.endswith("\n") else text
    return given


class Values:
    """The value of each parameter and where it comes from. First come, first served: the file, a credential, what was
    given at an earlier boot, what was generated, the default."""

    def __init__(self, appliance, settings=None):
        self.parameters = {parameter["name"]: parameter for parameter in appliance["parameters"]}
        self.kept = read_json(VALUES)
        self.values, self.given, self.problems = {}, {}, []
        sources = []
        for source, read in ((PARAMETERS, given_by_file), ("a systemd credential", given_by_credentials)):
            try:
                sources.append((source, read()))
            except Problem as problem:
                self.problems.append(problem)
        if settings:
            sources.insert(0, ("this call", settings))
        for source, given in sources:
            self.find_unknown(given, source)
        sources.append(("an earlier boot", self.kept.get("given", {})))
        for name, parameter in self.parameters.items():
            self.resolve(name, parameter, sources)

    def find_unknown(self, given, source):
        for name in given:
            if name in self.parameters:
                continue
            near = difflib.get_close_matches(str(name), self.parameters, 1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            self.problems.append(Problem(f"this appliance has no such parameter{hint}", str(name), source))

    def resolve(self, name, parameter, sources):
        for source, given in sources:
            if name not in given:
                continue
            text = given[name]
            if not isinstance(text, str):
                self.problems.append(Problem("one value is wanted, not a list or map", name, source))
                return
            text = canonical(parameter, text)
            if text == "" and (parameter["generated"] or parameter.get("default") == ""):
                # As if it were not given.
                continue
            problem = judge(parameter, text)
            if problem:
                self.problems.append(Problem(problem, name, source))
                return
            self.values[name] = self.given[name] = text
            return
        if name in self.kept.get("generated", {}):
            self.values[name] = self.kept["generated"][name]
        elif "default" in parameter:
            self.values[name] = parameter["default"]
        elif parameter["required"]:
            self.problems.append(Problem(f"it is missing: {parameter['description']}", name))

    def keep(self):
        """Generates what is missing, and remembers all that was given or generated before anything uses it."""
        generated = dict(self.kept.get("generated", {}))
        for name, parameter in self.parameters.items():
            if name not in self.values:
                length = max(parameter.get("minimumLength", 24), 24)
                length = min(length, parameter.get("maximumLength", length))
                generated[name] = "".join(secrets.choice(ALPHABET) for _ in range(length))
                self.values[name] = generated[name]
        self.kept["generated"] = generated
        self.kept["given"] = {**self.kept.get("given", {}), **self.given}
        self.save()

    def save(self):
        if self.parameters or self.kept.get("given"):
            os.makedirs(path(os.path.dirname(VALUES)), mode=0o700, exist_ok=True)
            write(VALUES, as_json(self.kept))

    def digests(self):
        """Of each value, to know it again."""
        return {name: hashlib.sha256(value.encode()).hexdigest() for name, value in sorted(self.values.items())}

    def changed_for(self, script):
        """Parameters that have another value than when the script ran last; none where it never ran."""
        before = self.kept.get("applied", {}).get(script["name"])
        now = self.digests()
        return [] if before is None else [name for name in now if before.get(name) != now[name]]

    def applied_by(self, script):
        """Remembered with the values, so that a script of a new system disk knows what the data have seen."""
        self.kept["applied"] = {**self.kept.get("applied", {}), script["name"]: self.digests()}
        self.save()

    def unseen(self):
        """Generated secrets that are to be shown and were not yet."""
        shown = self.kept.get("shown", [])
        return {
            name: self.values[name]
            for name, parameter in self.parameters.items()
            if parameter["generated"] and parameter["show"] and name not in self.given
            and name in self.kept.get("generated", {}) and name not in shown
        }

    def saw(self, names):
        self.kept["shown"] = sorted({*self.kept.get("shown", []), *names})
        self.save()

    def variables(self, names=None):
        return {
            parameter["variable"]: self.values[name]
            for name, parameter in self.parameters.items()
            if names is None or name in names
        }

    def hide(self, text):
        """A text without the secrets in it."""
        for name, parameter in self.parameters.items():
            value = self.values.get(name, "")
            if parameter["secret"] and len(value) > 3:
                text = text.replace(value, "…")
        return text


# What is done with them


def quoted(value):
    """systemd.exec(5), EnvironmentFile: within double quotes a backslash keeps these four as they are."""
    return '"' + re.sub(r'(["\\`$])', r"\\\1", value) + '"'


def environment_text(variables):
    return "".join(f"{name}={quoted(value)}\n" for name, value in sorted(variables.items()))


def filled(text, values):
    def value(match):
        if match[1]:
            return "${"
        if match[2] not in values:
            return match[0]
        return FILTERS.get(match[3], str)(values[match[2]])

    return re.sub(r"(\$\$\{)|\$\{([a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?:\|([a-z]+))?\}", value, text)


def write_files(appliance, values):
    changed = False
    for entry in appliance["environments"]:
        text = environment_text(values.variables(entry.get("parameters")))
        changed |= write(entry["path"], text, int(entry["mode"], 8), entry.get("owner"))
    for entry in appliance["templates"]:
        changed |= write(entry["path"], filled(entry["text"], values.values), int(entry["mode"], 8), entry.get("owner"))
    return changed


def run_scripts(appliance, values, again):
    """Those that have not run, once for the system disk or once since it was booted, and those for which a value has
    changed. Whether any of these has run again."""
    has_run_again = False
    for frequency, record in (("first-boot", STATE), ("every-boot", RUN + "/scripts.json")):
        for script in appliance["scripts"]:
            if script["frequency"] != frequency:
                continue
            done = read_json(record)
            changed = values.changed_for(script)
            is_changed = any(name in script["whenChanged"] for name in changed)
            is_done = script["name"] in done.get("scripts", [])
            if is_done and not is_changed and script["name"] not in again:
                continue
            has_run_again |= is_done
            run_script(appliance, script, values, changed)
            values.applied_by(script)
            done["scripts"] = sorted({*done.get("scripts", []), script["name"]})
            write(record, as_json(done))
    return has_run_again


def run_script(appliance, script, values, changed):
    print(f"the {frequency_words(script)} script {script['name']} begins", flush=True)
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
        "STONEBAKE_NAME": appliance["name"], "STONEBAKE_VERSION": appliance["version"],
        "STONEBAKE_CHANGED": " ".join(changed), **values.variables(),
    }
    process = subprocess.Popen(
        script["command"], env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    for line in process.stdout:
        print(values.hide(f"{script['name']}: {line.rstrip()}"), flush=True)
    status = process.wait()
    if status != 0:
        how = f"ended with status {status}" if status > 0 else f"was ended by signal {-status}"
        raise Problem(f"the {frequency_words(script)} script {script['name']} {how}", source="journalctl -u " + UNIT)


def frequency_words(script):
    return script["frequency"].replace("-", " ")


# What people and other programs see of it


def systemctl(*words):
    if ROOT:
        return subprocess.CompletedProcess(words, 0, "", "")
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)


def say(lines):
    """On every console that the kernel writes to, and nowhere that stays."""
    text = "\r\n" + "".join(f"{line}\r\n" for line in lines)
    try:
        with open(path("/sys/class/tty/console/active"), encoding="ascii") as file:
            names = file.read().split()
    except OSError:
        names = []
    for name in names or ["console"]:
        with contextlib.suppress(OSError):
            descriptor = os.open(path("/dev/" + name), os.O_WRONLY | os.O_NOCTTY | os.O_APPEND)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)


def addresses():
    result = subprocess.run(["ip", "-o", "addr", "show", "scope", "global"], capture_output=True, text=True, check=False)
    return [line.split()[3].split("/")[0] for line in result.stdout.splitlines()]


def show_state(appliance, state, problems):
    """The record of readiness, the login banner, the message of the day."""
    title = f"{appliance['name']} {appliance['version']}"
    words = {"starting": "is being set up", "ready": "is ready", "not-ready": "is NOT READY"}[state]
    lines = [f"  {problem}" for problem in problems]
    if problems:
        lines.append("  mend it as root: stonebake-firstboot NAME=VALUE (stonebake-firstboot --help)")
    banner = "".join(f"{line}\n" for line in [f"{title} {words}", *lines]).replace("\\", "\\\\")
    os.makedirs(path(RUN), mode=0o755, exist_ok=True)
    changed = write(RUN + "/issue", banner + "address: \\4 \\6\n\n", 0o644)
    motd = "".join(f"{line}\n" for line in [f"{title} {words}", *lines])
    where = "" if ROOT else " ".join(addresses())
    write("/run/motd.d/50-stonebake", motd + (f"address: {where}\n" if where else ""), 0o644)
    record = {
        "name": appliance["name"], "version": appliance["version"], "state": state,
        "problems": [{"parameter": problem.name, "message": problem.message} for problem in problems],
    }
    write(RUN + "/state.json", as_json(record), 0o644)
    if changed and not ROOT:
        subprocess.run(["agetty", "--reload"], capture_output=True, check=False)


def not_ready(appliance, problems):
    show_state(appliance, "not-ready", problems)
    if appliance["pagePorts"]:
        systemctl("--no-block", "start", PAGE)
    count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
    lines = [f"*** {appliance['name']} {appliance['version']} is not ready: {count}"]
    lines += [f"***   {problem}" for problem in problems]
    lines.append("*** Mend it as root with: stonebake-firstboot NAME=VALUE, or in " + PARAMETERS)
    return lines


def become_ready(appliance, values, at_boot):
    state = read_json(STATE)
    if "ready" not in state or state.get("version") != appliance["version"]:
        state["ready"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        state["version"] = appliance["version"]
        write(STATE, as_json(state))
    systemctl("stop", PAGE)
    write(READY, "", 0o644)
    show_state(appliance, "ready", [])
    unseen = values.unseen()
    if unseen:
        lines = [f"*** {appliance['name']} {appliance['version']} has made these secrets. They are shown this once:"]
        lines += [f"***   {name}: {value}" for name, value in unseen.items()] + ["***"]
        say(lines)
        if not at_boot:
            print("\n".join(lines))
        values.saw(unseen)


def start_units(appliance, changed, at_boot):
    """Not under the lock: they want this program's unit, which systemd starts again where it has failed before."""
    # At boot they wait for that unit: there is nothing to wait for here.
    for unit in appliance["units"]:
        if changed and not at_boot:
            systemctl("try-restart", unit)
        if systemctl("is-enabled", unit).stdout.strip() in ("enabled", "enabled-runtime"):
            systemctl(*(["--no-block"] if at_boot else []), "start", unit)


@contextlib.contextmanager
def locked():
    os.makedirs(path(RUN), mode=0o755, exist_ok=True)
    with open(path(RUN + "/lock"), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def apply(appliance, at_boot, again=()):
    """Whether the appliance is ready."""
    with locked():
        changed = prepare(appliance, at_boot, again)
    if changed is None:
        return False
    if not at_boot and systemctl("is-active", UNIT).stdout.strip() != "active":
        # It finds all done, and says so to systemd.
        systemctl("start", UNIT)
    start_units(appliance, changed, at_boot)
    return True


def prepare(appliance, at_boot, again):
    """Whether any file has changed; None: it is not ready."""
    was_ready = os.path.exists(path(READY))
    values = Values(appliance)
    problems = list(values.problems)
    data = appliance.get("data")
    if data and not ROOT and not at_boot and not os.path.ismount(data):
        # The disk may have come since.
        systemctl("start", "stonebake-data.service")
    if data and not ROOT and not os.path.ismount(data):
        problems.append(Problem(f"the disk for data is not there: nothing is mounted at {data}"))
    if not problems:
        if not was_ready:
            show_state(appliance, "starting", [])
        try:
            values.keep()
            changed = write_files(appliance, values)
            changed |= run_scripts(appliance, values, again)
            become_ready(appliance, values, at_boot)
            return changed
        except (Problem, OSError) as error:
            problems = [error if isinstance(error, Problem) else Problem(str(error))]
    if was_ready and not at_boot:
        lines = [f"{problem}" for problem in problems] + ["nothing has changed: the application goes on as it was"]
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path(READY))
        lines = not_ready(appliance, problems)
        if at_boot:
            say(lines)
    print("\n".join(lines), file=sys.stderr)
    return None


# The command line


def settings(appliance, words):
    """What NAME=VALUE, NAME=@FILE and NAME say."""
    known = {parameter["name"]: parameter for parameter in appliance["parameters"]}
    given = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            is_secret = known.get(name, {}).get("secret", True)
            prompt = f"{name}: "
            if not sys.stdin.isatty():
                value = sys.stdin.readline().rstrip("\n")
            else:
                value = getpass.getpass(prompt) if is_secret else input(prompt)
        elif value.startswith("@"):
            try:
                with open(value[1:], encoding="utf-8") as file:
                    value = file.read().removesuffix("\n")
            except (OSError, UnicodeDecodeError) as error:
                raise Problem(f"its file cannot be read: {error}", name) from None
        given[name] = value
    return given


def store(appliance, given):
    """Puts values into the parameters' file when they are right, and those of the file that they do not replace stay."""
    values = Values(appliance, given)
    wrong = [problem for problem in values.problems if problem.source == "this call"]
    if wrong:
        print("\n".join(f"{problem}" for problem in wrong), file=sys.stderr)
        return False
    try:
        document = {**given_by_file(), **given}
    except Problem as problem:
        print(problem, file=sys.stderr)
        return False
    import yaml

    text = "# The parameters of this appliance; run stonebake-firstboot after a change.\n"
    os.makedirs(path(os.path.dirname(PARAMETERS)), exist_ok=True)
    write(PARAMETERS, text + yaml.safe_dump(document, allow_unicode=True, default_flow_style=False))
    return True


def describe(appliance):
    values = Values(appliance)
    for name, parameter in values.parameters.items():
        value = values.values.get(name)
        if value is None:
            shown = "(will be generated)" if parameter["generated"] else "(missing)"
        else:
            shown = "(secret)" if parameter["secret"] and value else value
        print(f"{name} = {shown}\n    {parameter['description']} ({parameter['type']}, ${parameter['variable']})")


def main():
    global ROOT
    parser = argparse.ArgumentParser(
        prog="stonebake-firstboot",
        description="Applies the parameters of this appliance: those in /etc/stonebake/parameters.yaml, in systemd's "
        "credentials stonebake.NAME, and those given here, which are added to the file.",
        epilog="example: stonebake-firstboot site=shop.example.org admin-password=@/root/password")
    parser.add_argument("settings", nargs="*", metavar="NAME=VALUE",
                        help="set a parameter; NAME=@FILE reads a file, NAME alone asks or reads a line of standard input")
    parser.add_argument("--list", action="store_true", help="list the parameters; secrets are not shown")
    parser.add_argument("--value", metavar="NAME", help="print a parameter's value, also a secret one")
    parser.add_argument("--status", action="store_true", help="print the state; the exit status is 0 when it is ready")
    parser.add_argument("--again", action="append", default=[], metavar="SCRIPT", help="run a script that has run before")
    parser.add_argument("--boot", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--root", default="", help=argparse.SUPPRESS)
    call = parser.parse_args()
    ROOT = call.root.rstrip("/")
    appliance = read_json("/usr/local/lib/stonebake/appliance.json")
    if call.status:
        record = read_json(RUN + "/state.json")
        print(as_json(record), end="")
        return 0 if record.get("state") == "ready" else 1
    if not ROOT and os.geteuid() != 0:
        parser.error("only root may do this")
    if call.list:
        describe(appliance)
        return 0
    if call.value:
        values = Values(appliance).values
        if call.value not in values:
            print(f"{call.value} has no value", file=sys.stderr)
            return 1
        print(values[call.value])
        return 0
    unknown = set(call.again) - {script["name"] for script in appliance["scripts"]}
    if unknown:
        parser.error(f"there is no script {', '.join(sorted(unknown))}")
    try:
        given = settings(appliance, call.settings)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    if given and not store(appliance, given):
        return 1
    is_ready = apply(appliance, call.boot, call.again)
    if is_ready and not call.boot:
        print(f"{appliance['name']} {appliance['version']} is ready")
    return 0 if is_ready else 1


if __name__ == "__main__":
    sys.exit(main())
