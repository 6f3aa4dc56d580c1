import Testing

@testable import PackageResolution

@Suite struct LayerTests {
    private func base(_ fixture: PoolFixture, _ goal: PackageGoal) throws -> [String] {
        try PackageChooser(pool: fixture.pool).choose(goal).base.map(fixture.text).sorted()
    }

    private static let text = """
        Package: init
        Essential: yes
        Depends: libc

        Package: libc

        Package: mail
        Depends: exim | mta

        Package: exim
        Provides: mta
        Conflicts: mta

        Package: postfix
        Provides: mta
        Conflicts: mta

        Package: app
        Depends: libc, extra

        Package: extra
        """

    @Test func `the base layer is the same with and without the appliance`() throws {
        let fixture = try PoolFixture(Self.text)
        let alone = try base(fixture, PoolFixture.goal([], base: ["mail"]))
        #expect(alone == ["exim", "init", "libc", "mail"])
        #expect(try base(fixture, PoolFixture.goal(["app"], base: ["mail"])) == alone)
        #expect(
            try fixture.choose(PoolFixture.goal(["app"], base: ["mail"]))
                == ["app", "exim", "extra", "init", "libc", "mail"])
    }

    @Test func `where the appliance decides for the base, the base is closed all the same`() throws {
        let fixture = try PoolFixture(Self.text)
        let goal = PoolFixture.goal(["postfix", "app"], base: ["mail"])
        #expect(try fixture.choose(goal) == ["app", "extra", "init", "libc", "mail", "postfix"])
        #expect(try base(fixture, goal) == ["init", "libc", "mail", "postfix"])
    }

    @Test func `the base keeps its choice when the appliance's costs next to nothing more`() throws {
        var text = Self.text + "\n\nPackage: dbus-a\n\nPackage: dbus-b\n\nPackage: bus\nDepends: dbus-a | dbus-b\n"
        for number in 0..<200 { text += "\nPackage: filler-\(number)\nEssential: yes\n" }
        let fixture = try PoolFixture(text)
        let alone = try base(fixture, PoolFixture.goal([], base: ["bus"]))
        #expect(try base(fixture, PoolFixture.goal(["dbus-b"], base: ["bus"])) == alone)
    }
}
