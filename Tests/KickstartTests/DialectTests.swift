import Diagnostics
import Kickstart
import Testing

@Suite struct DialectTests {
    @Test func `the union takes what some version knows, a dialect only its own`() {
        let text = "auth --useshadow\ninstall\npart /x --active --size=1\ntimezone --isUtc --nontp UTC\n"
        #expect(read(text).errors == [])
        #expect(
            read(text, dialect: "f45").errors == [
                "test.ks:1:1: 'auth' has been removed from F45", "test.ks:2:1: 'install' has been removed from F45",
                "test.ks:3:9: 'part' has no option '--active' in F45",
            ])
        #expect(
            read(text, dialect: "f45").warnings == [
                "test.ks:4:10: '--isUtc' is deprecated in F45, and has no effect",
                "test.ks:4:18: '--nontp' is deprecated in F45, and has no effect",
            ])
        #expect(
            read(text, dialect: "rhel10").errors.suffix(1) == [
                "test.ks:4:10: 'timezone' has no option '--isUtc' in RHEL10"
            ])
        #expect(read(text, dialect: "rhel7").errors == [])
    }

    @Test func `hints say which version knows a command or option`() {
        let hints = read("btrfs none btrfs.1\nauth\npart / --active\n", dialect: "rhel10").report.diagnostics
        #expect(
            hints.map(\.hint) == [
                "RHEL9 was the last to know it", "RHEL9 was the last to know it", "RHEL8 was the last to know it",
            ])
        #expect(
            read("rhsm --organization=x", dialect: "f40").report.diagnostics.first?.hint
                == "RHEL9 was the last to know it")
        #expect(
            read("part / --hw-passphrase=x", dialect: "f40").report.diagnostics.first?.hint
                == "F41 is the first to know it")
    }

    @Test func `a command that a dialect ignores is kept as such, whatever its options are`() {
        let reading = read("btrfs --whatever\n", dialect: "rhel8")
        #expect(reading.errors == [])
        #expect(reading.warnings == ["test.ks:1:1: 'btrfs' is deprecated in RHEL8, and has no effect"])
        guard case .deprecated? = reading.document.commands.first?.command else {
            Issue.record("\(reading.document.commands)")
            return
        }
    }

    @Test func `before Fedora 8 a section ends with the next one or with the file`() {
        let text = "%packages\na\n%post\necho\n"
        #expect(read(text, dialect: "f7").errors == [])
        #expect(read(text, dialect: "rhel5").document.scripts.count == 1)
        let modern = [
            "test.ks:3:1: the section %packages has no %end", "test.ks:4:1: the section %post has no %end",
        ]
        #expect(read(text, dialect: "f8").errors == modern)
        #expect(read(text).errors == modern)
    }

    @Test func `the version line selects a dialect, and a dialect that is asked for goes before it`() {
        #expect(read("#version=F7\ninstall\n%post\necho").errors == [])
        #expect(read("# x\n#version=RHEL9\ninstall").errors == ["test.ks:3:1: 'install' has been removed from RHEL9"])
        #expect(read("#version=RHEL9\ninstall", dialect: "rhel8").errors == [])
        #expect(read("#version=Red Hat Enterprise Linux 7.9\ninstall").document.dialect?.description == "RHEL7")
        #expect(read("#version=DEVEL\ninstall").errors == [])
        #expect(read("#version=F99\nlang en").errors == ["test.ks:1:10: there is no version 'F99' of Kickstart"])
        // Of an included file it says nothing.
        let including = read("%include a", files: ["a": "#version=F45\nauth"])
        #expect(including.errors == [])
        #expect(including.document.flattened == "#version=DEVEL\n#version=F45\nauth")
    }
}
