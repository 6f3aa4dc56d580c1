import Diagnostics
import Kickstart
import Testing

@Suite struct LanguageTests {
    @Test func `several errors are reported at once, each at its word`() {
        let reading = read(
            """
            lang en_US.UTF-8
            partt / --size=1
            part / --siz=1 --fstyp ext4 --onfoo=1
            part /x --size=big
            services
            """)
        #expect(
            reading.errors == [
                "test.ks:2:1: there is no command 'partt'",
                "test.ks:3:29: 'part' has no option '--onfoo'",
                "test.ks:4:9: --size has to be a whole number, not 'big'",
                "test.ks:5:1: services needs --enabled or --disabled",
            ])
        #expect(reading.report.diagnostics.first?.hint == "did you mean 'part'?")
        #expect(reading.document.commands.count == 1)
    }

    @Test func `a partition keeps its values and their places`() throws {
        let reading = read("partition /boot//efi/ --fstype='vfat' --size 512 --ondisk=sda --gro\n")
        #expect(reading.errors == [])
        guard case .partition(let part)? = reading.document.commands.first?.command else {
            Issue.record("no partition")
            return
        }
        #expect(part.mountPoint.value == "/boot/efi")
        #expect(part.mountPoint.range?.start == SourcePosition(line: 1, column: 11))
        #expect(part.size?.value == 512)
        #expect(part.size?.range?.description == "test.ks:1:46")
        #expect(part.fstype?.value == "vfat")
        #expect(part.grow.value)
        #expect(!part.asprimary.value)
        #expect(part.asprimary.range == nil)
        #expect(reading.document.commands.first?.name.value == "partition")
    }

    /// Each with the words of a `deviceprobe`, which takes any.
    @Test(arguments: [
        (#"a 'b c' "d e"f g'h'i"#, ["a", "b c", "d ef", "ghi"]),
        (##"a "b\"c\\d\e" 'f\g' h\ i \"##, ["a", #"b"c\d\e"#, #"f\g"#, "h i", "\n"]),
        ("a#b c", ["a"]), ("a '#b' \"#c\" \\#d # e", ["a", "#b", "#c", "#d"]), ("'' \"\" a''", ["", "", "a"]),
        ("$x `y` *", ["$x", "`y`", "*"]), ("a\tb\u{A0}c", ["a", "b\u{A0}c"]), ("ä€😀'ü' x", ["ä€😀ü", "x"]),
    ])
    func `words are split as by shlex`(text: String, words: [String]) {
        let reading = read("deviceprobe \(text)\n", dialect: "F28")
        #expect(reading.errors == [])
        #expect(reading.document.commands.first?.arguments.map(\.value) == words)
    }

    @Test(arguments: [
        ("lang 'en", "test.ks:1:6: this ' is not closed"), ("lang \"a b\\\"", "test.ks:1:6: this \" is not closed"),
        ("lang en\\", "test.ks:1:8: there is nothing behind this \\"),
        ("''", "test.ks:1:1: this line begins with an empty word"),
    ])
    func `a line with a quote that is not closed is an error at the quote`(text: String, error: String) {
        #expect(read(text).errors == [error])
    }

    @Test(arguments: [
        ("bootloader --append", "test.ks:1:12: '--append' needs a value"),
        ("bootloader --append --timeout=1", "test.ks:1:12: '--append' needs a value"),
        ("part / --grow=yes", "test.ks:1:8: '--grow' takes no value"),
        ("part / --on=sda", "test.ks:1:8: '--on' could be --onbiosdisk, --ondisk, --ondrive, --onpart"),
        ("part --size=1", "test.ks:1:1: 'part' needs mountPoint"),
        ("logvol / --size=1", "test.ks:1:1: 'logvol' needs --name and --vgname"),
        ("network --bootproto=foo", "test.ks:1:9: --bootproto has to be dhcp, bootp, static, query or ibft, not 'foo'"),
        ("network --onboot=maybe", "test.ks:1:9: --onboot has to be yes or no, not 'maybe'"),
        (
            "part / --size=99999999999999999999",
            "test.ks:1:8: --size has to be a whole number, not '99999999999999999999'"
        ),
        ("lang a b", "test.ks:1:8: 'lang' does not take the argument 'b'"),
        ("cdrom --foo", "test.ks:1:7: 'cdrom' has no option '--foo'"),
        ("autopart\npart / --size=1", "test.ks:2:1: 'part' and 'autopart' cannot be used in the same file"),
        ("rescue --nomount --romount", "test.ks:1:18: only one of --nomount and --romount can be given"),
        ("%end", "test.ks:1:1: there is no section that this %end could end"),
        ("%pots\necho\n%end", "test.ks:1:1: there is no section '%pots'"),
        ("%pots\necho", "test.ks:1:1: there is no section '%pots'"),
        ("%post --nochrot\nfoo\n%end\nfoo", "test.ks:4:1: there is no command 'foo'"),
        ("%packages\n-\n%end", "test.ks:2:1: this names no package"),
        (
            "%packages\n@ --optional --nodefaults x\n%end",
            "test.ks:2:1: only one of --nodefaults and --optional can be given"
        ),
        ("%certificate --filename=x\na\n%end", "test.ks:1:1: %certificate needs --dir or --type"),
        ("%post\necho", "test.ks:2:1: the section %post has no %end"),
    ])
    func `what is wrong is told at its word`(text: String, error: String) {
        let errors = read(text).errors
        #expect(errors.last == error, "\(errors)")
    }

    @Test func `an option's value may begin with a dash when it is a number or quoted with spaces`() {
        #expect(
            read("volgroup vg pv.1 --reserved-space -5").errors == ["test.ks:1:35: --reserved-space cannot be negative"]
        )
        let reading = read("bootloader --append \"--foo bar\" --timeout=1")
        guard case .bootloader(let command)? = reading.document.commands.first?.command else {
            Issue.record("\(reading.errors)")
            return
        }
        #expect(command.append?.value == "--foo bar")
    }

    @Test func `scripts are kept byte by byte`() throws {
        let body = "\n  # comment\n\techo 'it' \"\\\n%notasection\r\n  \n"
        let reading = read(
            "%post --interpreter=/bin/bash --log=/x --erroronfail --nochroot\n\(body)%end # end\nlang en")
        let script = try #require(reading.document.scripts.first)
        #expect(reading.errors == [])
        #expect(script.body == body)
        #expect(script.interpreter.value == "/bin/bash" && script.log?.value == "/x")
        #expect(script.erroronfail.value && script.nochroot.value)
        #expect(script.lines.first?.range.start.line == 2 && script.lines.count == 5)
    }

    @Test func `packages are groups, environments, modules, globs and exclusions, and later lines win`() throws {
        let reading = read(
            """
            %packages --ignoremissing
            @^one
            @^two # the last one
            @Sound and Video --nodefaults
            @nodejs:18/minimal
            -@dial-up
            a*
            -b
            b
            c
            -c
            %end
            """)
        let packages = reading.document.packages
        #expect(packages.environment?.value == "two" && packages.flags.ignoremissing.value)
        #expect(
            packages.groups.map(\.value) == [
                .group("Sound and Video", .mandatory), .module(name: "nodejs", stream: "18", profile: "minimal"),
            ])
        #expect(packages.excludedGroups.map(\.value) == ["dial-up"])
        #expect(packages.packages.map(\.value) == ["a*", "b"] && packages.excludedPackages.map(\.value) == ["c"])
        #expect(packages.packages.first?.range?.description == "test.ks:7:1")
    }
}
