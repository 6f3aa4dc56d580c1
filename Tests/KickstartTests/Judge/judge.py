"""pykickstart's opinion of Kickstart texts, as JSON, for the Swift tests to compare with ours.

    judge.py judge CASES OPINIONS     one case a line: {"version", "text" or "path"}; one opinion a line
    judge.py cases SDIST CASES        the strings that pykickstart's own tests parse, with their versions
    judge.py grammar FILE             which options each version's commands have
"""
import json
import os
import re
import shlex
import sys
import unittest
import warnings

warnings.simplefilter("ignore")

from pykickstart import constants, parser as ksparser  # noqa: E402
from pykickstart.base import BaseHandler, DeprecatedCommand, RemovedCommand  # noqa: E402
from pykickstart.errors import KickstartError  # noqa: E402
from pykickstart.handlers.control import commandMap  # noqa: E402
from pykickstart.options import KSOptionParser  # noqa: E402
from pykickstart.parser import KickstartParser  # noqa: E402
from pykickstart.sections import ScriptSection  # noqa: E402
from pykickstart.version import (  # noqa: E402
    makeVersion, returnClassForVersion, stringToVersion, versionMap, versionToString)


def camel(name):
    words = re.split("[-_]", name.lstrip("-"))
    return words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])


# --- What a command says -----------------------------------------------------------------------------------------------

# argparse's last answer: the parser and its namespace, which commands change afterwards.
last = {}
parse_known_args = KSOptionParser.parse_known_args


def remembering(self, *args, **kwargs):
    result = parse_known_args(self, *args, **kwargs)
    last["parser"], last["namespace"] = self, result[0]
    return result


KSOptionParser.parse_known_args = remembering

SCHEMES = {constants.AUTOPART_TYPE_PLAIN: "plain", constants.AUTOPART_TYPE_BTRFS: "btrfs",
           constants.AUTOPART_TYPE_LVM: "lvm", constants.AUTOPART_TYPE_LVM_THINP: "thinp"}
SCOPES = {constants.CLEARPART_TYPE_LINUX: "linux", constants.CLEARPART_TYPE_ALL: "all",
          constants.CLEARPART_TYPE_NONE: "none", constants.CLEARPART_TYPE_LIST: "list"}
FIRST_BOOT = {constants.FIRSTBOOT_DEFAULT: "enabled", constants.FIRSTBOOT_SKIP: "disabled",
              constants.FIRSTBOOT_RECONFIG: "reconfig"}
SELINUX = {constants.SELINUX_DISABLED: "disabled", constants.SELINUX_ENFORCING: "enforcing",
           constants.SELINUX_PERMISSIVE: "permissive"}
SECURE_BOOT = {constants.SECURE_BOOT_DISABLED: "disabled", constants.SECURE_BOOT_AUTO: "auto",
               constants.SECURE_BOOT_ENABLED: "force"}

# Options that are told by another property, and those that are told by several.
SHARED = {"plaintext", "nolvm", "md5pass", "noActivate", "isUtc", "nolinear", "connect"}
LISTED = {"firewall": {"disable", "enable", "ftp", "http", "smtp", "ssh", "telnet", "port", "trust", "service",
                       "removeService", "high", "medium"},
          "firstboot": {"disable", "enable", "reconfig"}, "selinux": {"disabled", "enforcing", "permissive"},
          "clearpart": {"all", "linux", "none", "list"},
          "zipl": {"secureBoot", "forceSecureBoot", "noSecureBoot"}}


def values_of(name, obj):
    """The values of the line just parsed, by the names that our properties have."""
    values = {}
    namespace = last.get("namespace")
    if namespace is not None:
        for action in last["parser"]._actions:
            key = camel(action.option_strings[0] if action.option_strings else action.dest)
            if key in SHARED or key in LISTED.get(name, ()):
                continue
            value = getattr(namespace, action.dest, None)
            if action.nargs == 0:
                value = (value is False if type(action).__name__ == "_StoreFalseAction" else value) or None
            if value == action.default and value in ("", 0):
                value = None
            values["mountPoint" if key == "mntpoint" else key] = value
    special(name, obj, namespace, values)
    return values


def plain(value):
    """What is false to Python is null: a flag that does not stand there, a text that nobody wrote."""
    return value or None


def first(values, key):
    if isinstance(values.get(key), list):
        values[key] = values[key][0] if values[key] else None


def special(name, obj, ns, values):
    for key in ("mountPoint", "iqn", "lang", "sshkey", "device", "action"):
        if name != "raid":
            first(values, key)
    if hasattr(ns, "isCrypted"):
        values["iscrypted"] = plain(ns.isCrypted)
    if name == "iscsiname":
        values["name"] = values.pop("iqn")
    elif name == "autopart":
        values["type"] = SCHEMES.get(getattr(ns, "type", None), None if getattr(ns, "lvm", True) else "plain")
    elif name == "clearpart":
        values["type"] = SCOPES.get(obj.type if getattr(ns, "devices", None) else ns.type)
        values["devices"] = getattr(ns, "devices", None)
    elif name == "firstboot":
        values["mode"] = FIRST_BOOT.get(ns.firstboot)
    elif name == "selinux":
        values["mode"] = SELINUX.get(ns.selinux)
    elif name == "zipl":
        values["secureBoot"] = SECURE_BOOT.get(ns.secure_boot)
    elif name == "firewall":
        for key, attribute in (("enabled", "enabled"), ("ports", "ports"), ("trusts", "trusts"),
                               ("services", "services"), ("removeServices", "remove_services")):
            if hasattr(ns, attribute):
                values[key] = plain(getattr(ns, attribute))
    elif name in ("bootloader", "lilo"):
        # Before Fedora 15 --md5pass is kept apart.
        md5 = getattr(ns, "md5pass", None)
        values["password"] = md5 or plain(ns.password)
        values["iscrypted"] = plain(md5 or getattr(ns, "isCrypted", None)) and True
        if hasattr(ns, "linear"):
            values["linear"] = None if ns.linear else False
    elif name == "network":
        if hasattr(ns, "activate"):
            values["activate"] = ns.activate
        if "teamslaves" in values:
            values["teamslaves"] = ["%s'%s'" % pair if pair[1] else pair[0] for pair in ns.teamslaves or []]
    elif name == "raid":
        values.update(mountPoint=obj.mountpoint, partitions=obj.members, useexisting=plain(obj.preexist),
                      noformat=plain(not obj.format), device=str(obj.device) or None)
    elif name == "volgroup":
        values.update(name=obj.vgname, partitions=obj.physvols, useexisting=plain(obj.preexist),
                      noformat=plain(not obj.format))
    elif name == "btrfs":
        values.update(mountPoint=obj.mountpoint, devices=obj.devices, useexisting=plain(obj.preexist),
                      noformat=plain(not obj.format))
    elif name == "logvol":
        values["useexisting"] = plain(obj.preexist)
    elif name == "mount":
        values.update(reformat=plain(bool(obj.reformat)), format=plain(obj.format))
    elif name == "keyboard":
        kbd = values.pop("kbd")
        values["keyboard"] = kbd[0] if kbd else None
    elif name == "timezone":
        first(values, "timezone")
        values["utc"] = plain(ns.isUtc)
    elif name == "updates":
        values = values.clear() or values.update(url=obj.url)
    elif name == "langsupport":
        values["supported"] = obj.supported
    elif name == "mouse":
        values["mouse"] = obj.mouse
    elif name == "device":
        values.update(moduleName=obj.moduleName, type=getattr(obj, "type", None) or None)
    elif name == "key":
        values["key"] = None if ns.skip else obj.key
    elif name == "driverdisk":
        first(values, "partition")
    elif name == "sshpw":
        values["password"] = obj.password
    elif name == "ostreesetup":
        values["remote"] = obj.remote
    elif name == "ostreecontainer":
        values["remote"] = plain(obj.remote)
    elif name == "bootc":
        values["targetImgref"] = obj.targetImgRef
        values["sourceImgref"] = obj.sourceImgRef
    elif name == "dmraid":
        values.update(name=obj.name, devices=obj.devices)
        values.pop("dev", None)
    elif name == "rhsm":
        values["activationKeys"] = values.pop("activationKey")
    elif name == "syspurpose":
        values["addons"] = values.pop("addon")
    elif name in ("auth", "authconfig"):
        values["text"] = plain(obj.authconfig)
    elif name == "authselect":
        values["text"] = plain(obj.authselect)
    elif name == "deviceprobe":
        values["text"] = plain(obj.deviceprobe)
    elif name == "realm":
        values.update(realm=obj.join_realm, arguments=obj.join_args)
    elif name == "vnc":
        # Fedora Core 3 to 5 keep HOST:PORT as it is.
        parts = (getattr(ns, "connect", None) or "").split(":") + [""]
        values.update(host=getattr(obj, "host", parts[0]) or None, port=getattr(obj, "port", parts[1]) or None)
    elif name == "snapshot":
        values["when"] = {constants.SNAPSHOT_WHEN_POST_INSTALL: "post-install",
                          constants.SNAPSHOT_WHEN_PRE_INSTALL: "pre-install"}[ns.when]


# --- What a text says --------------------------------------------------------------------------------------------------

class Reading(KickstartParser):
    def __init__(self, handler, **kwargs):
        self.lines = []
        self.headers = []
        super().__init__(handler, **kwargs)

    def handleCommand(self, lineno, args):
        last.clear()
        obj = super().handleCommand(lineno, args)
        command = self.handler.commands[args[0]]
        line = {"line": lineno, "name": args[0]}
        if not isinstance(command, DeprecatedCommand):
            line["values"] = values_of(args[0], obj)
        self.lines.append(line)
        return obj

    def _handleInclude(self, f):
        """A file that is not there is passed over; its own switch for that passes over all errors in included files."""
        beside = os.path.join(self.currentdir.get(self._includeDepth, "/nowhere"), f)
        if "://" not in f and (os.path.isfile(f) or (os.path.isfile(beside) and not os.path.exists(f))):
            super()._handleInclude(f)


def finalize(self):
    """Blank lines of an empty script would otherwise begin the next one."""
    if not "".join(self._script["body"]).strip():
        self._resetScript()
    finalize_script(self)


finalize_script = ScriptSection.finalize
ScriptSection.finalize = finalize

KINDS = {constants.KS_SCRIPT_PRE: "%pre", constants.KS_SCRIPT_POST: "%post", constants.KS_SCRIPT_TRACEBACK: "%traceback",
         constants.KS_SCRIPT_PREINSTALL: "%pre-install", constants.KS_SCRIPT_ONERROR: "%onerror"}
EXTENTS = {constants.GROUP_DEFAULT: "default", constants.GROUP_REQUIRED: "mandatory", constants.GROUP_ALL: "all"}


def handler_for(version, text):
    """Only with the commands that the text may use: a whole handler takes 13 ms to make."""
    commands = commandMap[stringToVersion(version)]
    # Quotes and escapes may stand in the middle of a command.
    words = set(re.findall(r"[\w-]+", text + " " + re.sub(r"[\\'\"]", "", text)))
    # Conflicts are looked up by one of a command's names.
    if "part" in words:
        words.add("partition")
    mapping = {name: commands[name] for name in commands if name in words}
    return returnClassForVersion(version)(mapping=mapping or {"lang": commands["lang"]})


def opinion(case):
    text = case.get("text")
    path = case.get("path")
    handler = handler_for(case["version"], text) if path is None else makeVersion(case["version"])
    reading = Reading(handler)
    try:
        if path is None:
            reading.readKickstartFromString(text)
        else:
            reading.readKickstart(path)
    except Exception as error:
        # Not all errors know their line: a quote that is not closed is shlex' ValueError.
        return {"accepted": False, "line": getattr(error, "lineno", None), "error": str(error).strip()}
    packages = handler.packages
    return {
        "accepted": True,
        "commands": reading.lines,
        "scripts": [{"kind": KINDS[s.type], "interpreter": s.interp, "log": s.logfile, "erroronfail": s.errorOnFail,
                     "nochroot": s.type == constants.KS_SCRIPT_POST and not s.inChroot, "body": s.script,
                     "line": s.lineno} for s in handler.scripts],
        "packages": {
            "seen": packages.seen, "environment": packages.environment,
            "groups": [[g.name, EXTENTS[g.include]] for g in packages.groupList],
            "excludedGroups": [g.name for g in packages.excludedGroupList],
            "packages": sorted(packages.packageList), "excluded": sorted(packages.excludedList),
            "excludedocs": packages.excludeDocs, "nocore": packages.nocore, "nobase": not packages.addBase,
            "default": packages.default, "multilib": packages.multiLib, "excludeWeakdeps": packages.excludeWeakdeps,
            "ignoremissing": packages.handleMissing == constants.KS_MISSING_IGNORE,
            "ignorebroken": packages.handleBroken == constants.KS_BROKEN_IGNORE,
            "instLangs": packages.instLangs, "timeout": packages.timeout, "retries": packages.retries},
        "certificates": [{"filename": c.filename, "directory": c.dir, "type": c.type, "body": c.cert}
                         for c in handler.certificates],
        "raw": [section.splitlines()[0] for section in handler._null_section_strings]}


def judge(cases, opinions):
    with open(cases, encoding="utf-8") as lines, open(opinions, "w", encoding="utf-8") as out:
        for line in lines:
            out.write(json.dumps(opinion(json.loads(line)), default=str) + "\n")


# --- Their own tests' strings ------------------------------------------------------------------------------------------

def collect(folder, path):
    """Runs pykickstart's tests with their assertions replaced, so that all that they do is to say what they parse."""
    from unittest.mock import MagicMock
    sys.path.insert(0, folder)
    os.chdir(folder)
    from tests import baseclass
    found = {}

    def anything(*args, **kwargs):
        """Stands for what a test looks at, and for `with self.assertRaises(…)`."""
        mock = MagicMock()
        mock._getParser.return_value = mock
        mock.description.find.return_value = 0
        mock.__exit__.return_value = True
        for function in (argument for argument in args[1:] if callable(argument) and not isinstance(argument, type)):
            try:
                function()
            except Exception:
                pass
        return mock

    def record(version, text):
        found[(version if isinstance(version, str) else versionToString(version, True), text)] = None
        return anything()

    def of_command(self, text, *args, **kwargs):
        return record(self.__class__.__name__.split("_")[0], text)

    def of_parser(self, text, *args, **kwargs):
        return record(self.handler.version, text)

    for name in [name for name in dir(unittest.TestCase) if name.startswith("assert")]:
        setattr(unittest.TestCase, name, anything)
    for name in ("assert_deprecated", "assert_removed", "assert_required", "assert_type"):
        setattr(baseclass.CommandTest, name, lambda *args, **kwargs: None)
    baseclass.CommandTest.getParser = anything
    baseclass.CommandTest.assert_parse = baseclass.CommandTest.assert_parse_error = of_command
    baseclass.ParserTest.assert_parse = baseclass.ParserTest.assert_parse_error = of_parser
    read = KickstartParser.readKickstartFromString

    def recording(self, text, reset=True):
        if self.unknownSectionIsFatal and self.handler is not None and self._includeDepth == 0:
            record(self.handler.version, text)
        return read(self, text, reset)

    KickstartParser.readKickstartFromString = recording
    loader = unittest.TestLoader()
    modules = ["tests.commands." + name[:-3] for name in sorted(os.listdir("tests/commands")) if name.endswith(".py")]
    modules += ["tests." + name for name in ("packages", "post", "pre", "certificate", "script", "sections", "misc")]
    result = unittest.TestResult()
    loader.loadTestsFromNames(modules).run(result)
    assert not result.errors and not result.failures, [text for _, text in result.errors + result.failures]
    with open(path, "w", encoding="utf-8") as out:
        for version, text in found:
            try:
                stringToVersion(version)
            except KickstartError:
                continue
            out.write(json.dumps({"version": version, "text": text}) + "\n")


# --- Their grammar -----------------------------------------------------------------------------------------------------

def grammar(path):
    """For each version and command: live, deprecated or removed; conflicts; and the options as `[strings, kind]`."""
    result = {}
    for version in (name for name in versionMap if name != "DEVEL"):
        commands = result[version] = {}
        for name, command in makeVersion(version).commands.items():
            kind = "removed" if isinstance(command, RemovedCommand) else \
                "deprecated" if isinstance(command, DeprecatedCommand) else "live"
            options = []
            # What they take is looked at nowhere.
            op = None if name in ("auth", "authconfig", "authselect", "realm", "method") else getattr(command, "op", None)
            for action in op._actions if op is not None and kind == "live" else ():
                options.append({
                    "names": list(action.option_strings) or [action.dest], "required": bool(action.required) and
                    action.nargs != "*", "deprecated": bool(action.deprecated), "takesValue": action.nargs != 0,
                    "count": {"?": "optional", "*": "any"}.get(action.nargs, "one"),
                    "integer": action.type is int, "choices": list(action.choices or [])})
            commands[name] = {"kind": kind, "options": options, "conflicts": sorted(
                "part" if other == "partition" else other for other in command.conflictingCommands)}
    with open(path, "w", encoding="utf-8") as out:
        json.dump(result, out)


if __name__ == "__main__":
    {"judge": judge, "cases": collect, "grammar": grammar}[sys.argv[1]](*sys.argv[2:])
