/// Every key of a spec. `docs/spec.md` explains them; the JSON Schema and the parser both come from here.
enum SpecDeclarations {
    /// The version of the language: what `stonebake:` says.
    static let languageVersion = 1
    /// The releases that a plan can be made for.
    static let releases = ["trixie", "bookworm"]

    static let spec = Record(
        name: "a spec",
        fields: [
            Field(
                "stonebake", .integer(1...1), "The version of this language. It is the first key.", need: .inEachFile),
            Field("name", .text(.applianceName), "The appliance's name.", need: .afterMerge),
            Field(
                "version", .text(.version), "The appliance's version, quoted where YAML would read a number.",
                need: .afterMerge),
            Field("summary", .text(.line), "What it is, in one line.", standard: "the name"),
            Field(
                "architecture", .choice(Architecture.allCases.map(\.rawValue)), "The machine it runs on.",
                standard: "amd64"),
            Field(
                "extends", .either([.text(.relativePath), .list(of: .text(.relativePath), atLeast: 1)]),
                "One or several specs that this one builds on, relative to this file."),
            Field("distribution", .record(distribution), "What the packages are taken from.", need: .afterMerge),
            Field(
                "snapshot", .text(.snapshotDate),
                "A date at which the distribution's snapshot archive is asked for locked packages that its mirror no longer "
                    + "has."),
            Field("repositories", .list(of: .record(repository)), "Repositories besides the distribution's own."),
            Field(
                "rpm-repositories", .list(of: .record(rpmRepository)),
                "Repositories of rpm packages, as a Kickstart names them; no base that can be built takes any."),
            Field("packages", .record(packages), "Packages besides the base system and the application's."),
            Field("application", .record(application), "The application, as one of the kinds that Stonebake knows."),
            Field("files", .list(of: .record(file)), "Files, folders and links that are put into the image."),
            Field("users", .list(of: .record(user)), "Users of the machine."),
            Field("root", .record(rootAccount), "The account of root."),
            Field("groups", .list(of: .record(group)), "Groups of the machine."),
            Field("services", .record(services), "systemd units."),
            Field(
                "scripts", .list(of: .record(script)),
                "Run in the image, in order, while it is built. One that fails fails the build."),
            Field("hostname", .text(.hostName), "The host name.", standard: "what the cloud says at first boot"),
            Field("locale", .text(.locale), "The system's locale.", standard: "C.UTF-8"),
            Field("locales", .list(of: .text(.locale)), "Locales that are there besides that one."),
            Field("keyboard", .record(keyboard), "The keyboard of the console."),
            Field("timezone", .text(.timezone), "The time zone.", standard: "Etc/UTC"),
            Field("time", .record(time), "Where the machine gets its time."),
            Field("network", .list(of: .record(network)), "Network interfaces.", standard: "DHCP on every card"),
            Field("firewall", .record(firewall), "What reaches the machine from outside.", standard: "everything"),
            Field(
                "selinux", .choice(SELinuxMode.allCases.map(\.rawValue)),
                "SELinux in place of Debian's AppArmor; the file system is labelled at the first boot.",
                standard: "disabled"),
            Field("boot-loader", .record(bootLoader), "The boot loader's menu."),
            Field("kernel-arguments", .list(of: .text(.kernelArgument)), "Added to the kernel's command line."),
            Field("disk", .record(disk), "The disk."),
            Field(
                "parameters", .list(of: .record(parameter)),
                "What a deployer says of each instance, at first boot."),
            Field("first-boot", .record(firstBoot), "Where the machine learns who it is, and what it does with it."),
            Field("recipe", .record(recipe), "A recipe that is applied at boot."),
            Field("every-boot", .record(everyBoot), "What it does at every boot."),
            Field("memory", .text(.size), "Memory of the machine that runs it.", standard: "1 GiB"),
            Field("cpus", .integer(1...256), "Processors of the machine that runs it.", standard: "2"),
            Field(
                "ports", .list(of: .integer(1...65535)),
                "Ports that something of your own listens on, so that checks may ask them."),
            Field("checks", .list(of: .record(check)), "What has to be true of the booted appliance."),
            Field(
                "targets", .list(of: .choice(Target.allCases.map(\.rawValue)), atLeast: 1), "The image formats.",
                standard: "[qcow2]"),
            Field("formats", .record(formats), "What the files of a target are, where there is a choice."),
        ])

    static let formats = Record(
        name: "formats",
        fields: [
            Field(
                "raw", .list(of: .choice(FormatSettings.RawCompression.allCases.map(\.rawValue)), atLeast: 1),
                "Of `raw`: the disk as it is, or compressed.", standard: "[plain]"),
            Field(
                "aws", .choice(FormatSettings.AWSDisk.allCases.map(\.rawValue)),
                "Of `aws`: a stream-optimised VMDK, or the disk as it is.", standard: "vmdk"),
            Field(
                "instances", .list(of: .choice(FormatSettings.Instance.allCases.map(\.rawValue)), atLeast: 1),
                "Of `incus` and `lxd`: virtual machine, container.", standard: "[vm, container]"),
            Field(
                "packings", .list(of: .choice(FormatSettings.Packing.allCases.map(\.rawValue)), atLeast: 1),
                "Of `incus` and `lxd`: one file, or metadata and disk each by itself.", standard: "[unified, split]"),
            Field(
                "vagrant", .list(of: .choice(FormatSettings.VagrantProvider.allCases.map(\.rawValue)), atLeast: 1),
                "Of `vagrant`: the providers.", standard: "[libvirt, virtualbox]"),
        ])

    static let distribution = Record(
        name: "a distribution",
        fields: [
            Field("name", .choice(["debian"]), "Its name.", need: .afterMerge),
            Field("release", .choice(releases), "The release's code name.", need: .afterMerge),
        ])

    static let repository = Record(
        name: "a repository",
        fields: [
            Field("name", .text(.repositoryName), "What locks and messages call it.", standard: "the archive's name"),
            Field("archive", .text(.archiveName), "An archive by name; the machine that builds knows its mirror."),
            Field("uri", .text(.repositoryURI), "An archive by its address, for third parties."),
            Field("suite", .text(.suite), "The suite.", need: .inEachFile),
            Field("components", .list(of: .text(.component), atLeast: 1), "The components.", standard: "[main]"),
            Field(
                "signed-by", .text(.relativePath), "The keyring that signs it, a file beside the spec.",
                standard: "the distribution's own keyring"),
            Field("priority", .integer(-1000...1001), "Its apt pin priority.", standard: "apt's own rules"),
            Field(
                "cost", .integer(0...1_000_000),
                "Of one version in several repositories, the one with the lowest cost is taken.", standard: "1000"),
            Field(
                "include", .list(of: .text(.packagePattern)),
                "Only packages whose names match are taken from it; `*`, `?` and `[…]` are patterns."),
            Field(
                "exclude", .list(of: .text(.packagePattern)),
                "Packages whose names match are not taken from it."),
        ],
        exactlyOne: ["archive", "uri"])

    static let rpmRepository = Record(
        name: "an rpm repository",
        fields: [
            Field("name", .text(.line), "What messages call it.", need: .inEachFile),
            Field("baseurl", .text(.rpmURL), "Its address."),
            Field("mirrorlist", .text(.rpmURL), "The address of a list of its mirrors."),
            Field("metalink", .text(.rpmURL), "The address of a metalink."),
            Field("cost", .integer(0...1_000_000), "The cheapest repository is asked first.", standard: "1000"),
            Field("include", .list(of: .text(.line)), "Only these packages are taken from it."),
            Field("exclude", .list(of: .text(.line)), "These packages are not taken from it."),
            Field("proxy", .text(.line), "The proxy that it is reached through."),
            Field("verify-tls", .boolean, "Whether its certificate is judged.", standard: "true"),
        ],
        exactlyOne: ["baseurl", "mirrorlist", "metalink"])

    static let packages = Record(
        name: "packages",
        fields: [
            Field(
                "install", .list(of: .text(.packageRequest)),
                "Packages as apt takes them, or a pattern such as `python3-dj*`; `-name` takes out one that a base asks "
                    + "for."),
            Field(
                "remove", .list(of: .text(.packageRemoval)),
                "Packages that must not be in the image; a pattern may match none."),
            Field("recommends", .boolean, "Whether recommended packages come along.", standard: "false"),
            Field(
                "documentation", .boolean,
                "Whether manual pages and /usr/share/doc are kept; copyright files are in any case.",
                standard: "true"),
            Field(
                "languages", .list(of: .text(.language)), "The languages whose messages are kept.", standard: "all"),
        ])

    static let file = Record(
        name: "a file",
        fields: [
            Field("path", .text(.imagePath), "Where it lies in the image.", need: .inEachFile),
            Field("content", .text(.anyText), "Its text."),
            Field("source", .text(.relativePath), "A file or folder beside the spec; a folder is copied whole."),
            Field("symlink", .text(.linkTarget), "It is a symbolic link to this."),
            Field("directory", .flag, "`true`: it is a folder."),
            Field("absent", .flag, "`true`: it is removed."),
            Field(
                "mode", .text(.mode), "Permission bits, quoted.", standard: #""0644"; "0755" for folders and programs"#),
            Field("owner", .text(.owner), "`user` or `user:group`.", standard: "root"),
        ],
        exactlyOne: ["content", "source", "symlink", "directory", "absent"])

    static let user = Record(
        name: "a user",
        fields: [
            Field("name", .text(.userName), "The login name.", need: .inEachFile),
            Field("uid", .integer(1...59999), "The numeric id.", standard: "the next free one"),
            Field("gid", .integer(1...59999), "The numeric id of its own group.", standard: "the next free one"),
            Field("groups", .list(of: .text(.groupName)), "Groups besides its own."),
            Field("ssh-keys", .list(of: .text(.sshKey)), "Public keys that may log in."),
            Field(
                "password", .text(.password), "`locked`, or a crypt(5) hash. Never a plain password.",
                standard: "locked"),
            Field(
                "shell", .text(.imagePath), "The login shell.",
                standard: "/bin/bash; /usr/sbin/nologin for system users"),
            Field("home", .text(.imagePath), "The home folder.", standard: "/home/NAME"),
            Field("comment", .text(.gecos), "The full name."),
            Field("system", .boolean, "A system user: no login, no home folder.", standard: "false"),
        ])

    static let services = Record(
        name: "services",
        fields: [
            Field("enable", .list(of: .text(.unit)), "Units that start at boot."),
            Field("disable", .list(of: .text(.unit)), "Units that do not start at boot."),
            Field("mask", .list(of: .text(.unit)), "Units that can not be started at all."),
            Field(
                "boot-target", .text(.target), "The target that booting is for.", standard: "what the packages bring"),
        ])

    static let script = Record(
        name: "a script",
        fields: [
            Field("name", .text(.line), "What the log calls it.", standard: "the source's name, or its number"),
            Field("run", .text(.nonEmpty), "Its text; without an interpreter line /bin/sh runs it."),
            Field("source", .text(.relativePath), "A file beside the spec that holds its text."),
            Field(
                "interpreter", .text(.interpreter), "The program that gets the text.",
                standard: "what its first line says"),
            Field("log", .text(.imagePath), "Where in the image what it prints is kept."),
            Field(
                "where", .choice(ScriptEntry.Place.allCases.map(\.rawValue)),
                "`host`: beside the root, which is at `$INSTALL_ROOT` and /mnt/sysimage, with the building machine's "
                    + "programs; nothing else can be written to.", standard: "image"),
        ],
        exactlyOne: ["run", "source"])
}
