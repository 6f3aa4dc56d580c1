import HostSystem

/// Python's byte code, which the scripts of packages ask py3compile(1) for: compiled while other scripts run, and in one
/// process where Debian's has two interpreters for each package.
///
/// What scripts will ask for is read from them as soon as they are unpacked, so that compiling need not wait for the
/// order of configuring; what was then not asked for is removed.
enum ByteCode {
    /// Where the stand-ins leave word, in the surroundings' folder: the arguments of py3compile, an invocation a line, or
    /// `modules INTERPRETER PACKAGE`.
    static let wanted = "byte-code-wanted"
    /// What has been compiled of it beside the scripts.
    static let made = "byte-code-made"

    /// What `dpkg -L` prints of a package, read without dpkg, which reads all of its database for that; None where it would
    /// say more than the list does.
    static let recorded = """
        def recorded(package):
            try:
                with open("/var/lib/dpkg/diversions", "rb") as file:
                    diverted = set(file.read().split(b"\\n"))
                with open(f"/var/lib/dpkg/info/{package}.list", "rb") as file:
                    text = file.read()
            except FileNotFoundError:
                return None
            return text if diverted.isdisjoint(text.split(b"\\n")[:-1]) else None
        """

    /// Without arguments beside the scripts, until they have ended; with `check` afterwards; with `GROUP GROUPS` what is
    /// left then.
    ///
    /// Each invocation is a process of its own that has compiled nothing else: which strings an interpreter knows already
    /// may be seen in what it writes. py3compile(1) itself chooses the files; in place of the interpreter that it starts for
    /// them, the same module of Python's library does the same in this process. The bytes are the same: of 5,620 files
    /// that were tried all were.
    static let program = """
        import builtins, io, os, py_compile, re, subprocess, sys, time, traceback
        import importlib.util
        # What is imported here leaves no byte code: whether there is any would depend on who was first.
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        own = "python%d.%d" % sys.version_info[:2]

        def lines(name):
            try:
                with open("/run/stonebake/" + name) as file:
                    return list(dict.fromkeys(file.read().splitlines()))
            except FileNotFoundError:
                return []

        \(recorded)

        def listed(package):
            text = recorded(package)
            if text is None:
                text = subprocess.run(["dpkg", "-L", package], stdout=subprocess.PIPE, check=True).stdout
            return os.fsdecode(text).splitlines()

        def modules(python, package):
            folder = f"/usr/lib/{python}/"
            # A link that leads nowhere: sitecustomize.py, until somebody writes one.
            return [name for name in listed(package)
                    if name.startswith(folder) and name.endswith(".py") and os.path.exists(name)]

        # In place of `python -m py_compile -`.
        class Compiler:
            def __init__(self):
                self.stdin, self.names, self.returncode = self, b"", None

            def write(self, data):
                self.names += data

            def communicate(self):
                sys.argv, sys.stdin = ["py_compile", "-"], io.StringIO(os.fsdecode(self.names))
                try:
                    self.returncode = py_compile.main() or 0
                except SystemExit as end:
                    self.returncode = end.code or 0

        # In place of `dpkg -L PACKAGE`.
        class Listing:
            def __init__(self, text):
                self.text, self.returncode = text, 0

            def communicate(self):
                return self.text, b""

        start = subprocess.Popen

        def show(command, *arguments, **options):
            if tuple(command[:2]) == ("/usr/bin/dpkg", "-L") and len(command) == 3:
                text = recorded(command[2])
                if text is not None:
                    return Listing(text)
            return start(command, *arguments, **options)

        def popen(command, *arguments, **options):
            if command == ["/usr/bin/" + own, "-m", "py_compile", "-"]:
                return Compiler()
            return start(command, *arguments, **options)

        library, code, isPrepared = "/usr/share/python3/", None, False

        # What all invocations need, once; most layers have none.
        def prepare():
            global code
            import logging, optparse, struct
            # Where a stand-in is bound over it.
            py3compile = "/run/stonebake/py3compile.real"
            if not os.path.exists(py3compile) or os.path.getsize(py3compile) == 0:
                py3compile = "/usr/bin/py3compile"
            # Its own modules, which have no byte code yet.
            try:
                with open(py3compile) as file:
                    code = builtins.compile(file.read(), "/usr/bin/py3compile", "exec")
                sys.path.insert(1, library)
                import debpython.files, debpython.interpreter, debpython.option, debpython.version
                debpython.files.Popen = show
                # It asks an interpreter for both, and remembers the answers.
                interpreter = debpython.interpreter.Interpreter("python")
                interpreter.magic_tag(own[6:])
                interpreter.magic_number(own[6:])
            except Exception:
                # Another release's py3compile finds what it needs by itself.
                traceback.print_exc()
            sys.path[:] = [path for path in sys.path if path != library]

        def perform(invocation):
            words = invocation.split()
            if words[0] == "modules":
                files = modules(*words[1:])
                if files:
                    # As the interpreter's package does, and not here: these modules are loaded here, and it shows.
                    command = [f"/usr/bin/{words[1]}", "-E", "-S", f"/usr/lib/{words[1]}/py_compile.py"]
                    subprocess.run(command + files, check=True)
                return
            sys.argv = ["py3compile"] + words
            # What has been loaded here is better compiled elsewhere, as above.
            if library not in words:
                subprocess.Popen = popen
            exec(code, {"__name__": "__main__", "__builtins__": builtins})

        def compile(invocation):
            global isPrepared
            if not isPrepared:
                isPrepared = True
                prepare()
            process = os.fork()
            if process == 0:
                status = 1
                try:
                    perform(invocation)
                    status = 0
                except SystemExit as end:
                    status = end.code if isinstance(end.code, int) else 1 if end.code else 0
                except BaseException:
                    traceback.print_exc()
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()
                    os._exit(status)
            return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

        # What the scripts of unpacked packages are going to ask for.
        def expected():
            form = "${db:Status-Status} ${binary:Package}\\n"
            shown = subprocess.run(["dpkg-query", "-W", "-f", form], stdout=subprocess.PIPE, check=True, text=True).stdout
            asked = []
            for line in shown.splitlines():
                status, package = line.split()
                # The first one's script may be running already.
                if status not in ("unpacked", "half-configured"):
                    continue
                script = ""
                for name in (package, package.split(":")[0]):
                    try:
                        with open(f"/var/lib/dpkg/info/{name}.postinst", errors="replace") as file:
                            script = file.read()
                            break
                    except FileNotFoundError:
                        pass
                python = re.match(r"(python3\\.[0-9]+)(-minimal)?(:|$)", package)
                if python:
                    for library in re.findall(r"dpkg -L (libpython3[-.:a-z0-9]+)", script):
                        asked.insert(0, f"modules {python.group(1)} {library}")
                for arguments in re.findall(r"^[ \\t]*py3compile (-p [-+.:/ \\w]+)$", script, re.M):
                    asked.append(" ".join(arguments.split()))
            return asked

        def beside():
            coming, tried = expected(), set()
            while True:
                ended = os.path.exists("/run/stonebake/\(DeferredWork.ended)")
                invocation = next((line for line in lines("\(wanted)") + coming if line not in tried), None)
                if ended:
                    return
                if invocation is None:
                    time.sleep(0.05)
                    continue
                tried.add(invocation)
                # What fails here is tried again, and fails, when it was really asked for.
                if compile(invocation) == 0:
                    with open("/run/stonebake/\(made)", "a") as file:
                        print(invocation, file=file)

        # Removes what nobody asked for, with the whole package's: what of it was asked for is compiled once more.
        def check():
            made, wanted = lines("\(made)"), set(lines("\(wanted)"))
            for invocation in made:
                if invocation in wanted:
                    continue
                words = invocation.split()
                package = words[-1] if words[0] == "modules" else words[1]
                for name in listed(package):
                    if name.endswith(".py"):
                        cached = importlib.util.cache_from_source(name)
                        if os.path.exists(cached):
                            os.remove(cached)
                            if not os.listdir(os.path.dirname(cached)):
                                os.rmdir(os.path.dirname(cached))
                made = [other for other in made if package not in other.split()]
            with open("/run/stonebake/\(Self.made)", "w") as file:
                file.writelines(line + "\\n" for line in made)

        if sys.argv[1:] == ["check"]:
            check()
        elif sys.argv[1:]:
            group, groups = int(sys.argv[1]), int(sys.argv[2])
            made = set(lines("\(made)"))
            left = [invocation for invocation in lines("\(wanted)") if invocation not in made]
            for invocation in left[group::groups]:
                status = compile(invocation)
                if status:
                    sys.exit(f"py3compile {invocation} ended with {status}")
        else:
            beside()
        """
}
