import Testing

@testable import PackageResolution

@Suite struct DependencyTests {
    @Test func `Depends and Pre-Depends are followed`() throws {
        let fixture = try PoolFixture(
            """
            Package: app
            Depends: lib (>= 1)
            Pre-Depends: loader

            Package: lib

            Package: loader
            Depends: deep

            Package: deep

            Package: unrelated
            """)
        #expect(try fixture.choose("app") == ["app", "deep", "lib", "loader"])
    }

    @Test func `versions are compared as Debian compares them`() throws {
        let fixture = try PoolFixture(
            """
            Package: app
            Depends: lib (>= 1:1.0~rc1)

            Package: lib
            Version: 1:1.0~rc2

            Package: old
            Depends: lib (>= 1:1.0)
            """)
        #expect(try fixture.choose("app") == ["app", "lib=1:1.0~rc2"])
        #expect(
            fixture.refusal("old") == [
                "1: 'old' cannot be installed: old needs lib (>= 1:1.0), but lib is 1:1.0~rc2 in test/stable"
            ])
    }

    @Test func `a versioned Provides satisfies a versioned dependency, an unversioned one does not`() throws {
        let fixture = try PoolFixture(
            """
            Package: needs-api
            Depends: api (= 5)

            Package: five
            Provides: api (= 5)

            Package: six
            Provides: api (= 6)

            Package: any
            Provides: api

            Package: needs-seven
            Depends: api (= 7)
            """)
        #expect(try fixture.choose("needs-api") == ["five", "needs-api"])
        #expect(
            fixture.refusal("needs-seven") == [
                "1: 'needs-seven' cannot be installed: needs-seven needs api (= 7), which no package here provides"
            ])
    }

    @Test func `the first alternative wins, unless another is there anyway`() throws {
        let fixture = try PoolFixture(
            """
            Package: app
            Depends: zebra | ant | bee

            Package: ant

            Package: bee

            Package: zebra

            Package: wants-bee
            Depends: bee
            """)
        #expect(try fixture.choose("app") == ["app", "zebra"])
        #expect(try fixture.choose("app", "ant") == ["ant", "app"])
        #expect(try fixture.choose("wants-bee", "app") == ["app", "bee", "wants-bee"])
    }

    @Test func `where the first alternative cannot be installed the next one is`() throws {
        let fixture = try PoolFixture(
            """
            Package: app
            Depends: broken | refused | good

            Package: broken
            Depends: nowhere

            Package: refused
            Conflicts: other

            Package: good

            Package: other
            """)
        #expect(try fixture.choose("app", "other") == ["app", "good", "other"])
    }

    @Test func `the solver finds what marking in order cannot`() throws {
        // apt's marking takes left first, which rules right's only provider out: only looking back helps.
        let fixture = try PoolFixture(
            """
            Package: app
            Depends: left | other-left, right

            Package: left
            Conflicts: right-only

            Package: other-left

            Package: right
            Depends: right-only

            Package: right-only
            """)
        #expect(try fixture.choose("app") == ["app", "other-left", "right", "right-only"])
    }

    @Test func `of a virtual package's providers the one of the highest priority is chosen`() throws {
        let fixture = try PoolFixture(
            """
            Package: app
            Depends: mailer

            Package: ant
            Provides: mailer
            Priority: optional

            Package: bee
            Provides: mailer
            Priority: standard
            """)
        #expect(try fixture.choose("app") == ["app", "bee"])
    }

    @Test func `Breaks and Conflicts keep packages apart, Replaces alone does not`() throws {
        let fixture = try PoolFixture(
            """
            Package: new
            Breaks: old (<< 2)
            Replaces: old (<< 2)

            Package: old

            Package: heir
            Replaces: old

            Package: enemy
            Conflicts: old
            """)
        #expect(try fixture.choose("heir", "old") == ["heir", "old"])
        for name in ["new", "enemy"] { #expect(fixture.refusal(name, "old").count == 2) }
    }

    @Test func `a package may conflict with what it provides itself`() throws {
        let fixture = try PoolFixture(
            """
            Package: postfix
            Provides: mail-transport-agent
            Conflicts: mail-transport-agent
            """)
        #expect(try fixture.choose("postfix") == ["postfix"])
    }

    @Test func `any architecture is only what says Multi-Arch allowed`() throws {
        let fixture = try PoolFixture(
            """
            Package: script
            Architecture: all
            Depends: python:any (>= 3)

            Package: python
            Version: 3
            Multi-Arch: allowed

            Package: other-script
            Depends: tool:any

            Package: tool
            Multi-Arch: foreign

            Package: linked
            Depends: libsame

            Package: libsame
            Multi-Arch: same
            """)
        #expect(try fixture.choose("script") == ["python=3", "script"])
        #expect(try fixture.choose("linked") == ["libsame", "linked"])
        #expect(
            fixture.refusal("other-script") == [
                "1: 'other-script' cannot be installed: other-script needs tool:any, but tool does not say "
                    + "'Multi-Arch: allowed'"
            ])
    }

    @Test func `another architecture's packages are not there`() throws {
        let fixture = try PoolFixture(
            """
            Package: app
            Architecture: i386

            Package: data
            Architecture: all

            Package: both
            Architecture: amd64
            Depends: data
            """)
        #expect(try fixture.choose("both") == ["both", "data"])
        #expect(try fixture.choose("both:amd64") == ["both", "data"])
        #expect(fixture.refusal("app").first == "1: no package 'app' in test/stable")
        #expect(fixture.refusal("both:i386").first == "1: 'both:i386' is for i386, the image is for amd64")
    }

    @Test func `Recommends are installed when asked for, and those that cannot be are left out`() throws {
        let fixture = try PoolFixture(
            """
            Package: app
            Recommends: nice | nicer, impossible, spare
            Depends: lib

            Package: lib
            Recommends: docs

            Package: docs

            Package: nice

            Package: nicer

            Package: impossible
            Depends: nowhere

            Package: spare
            Conflicts: lib
            """)
        #expect(try fixture.choose("app") == ["app", "lib"])
        #expect(
            try fixture.choose(PoolFixture.goal(["app"], recommends: true)) == ["app", "docs", "lib", "nice"])
    }

    @Test func `Essential and required packages come first, and the base`() throws {
        let fixture = try PoolFixture(
            """
            Package: shell
            Essential: yes
            Depends: libc

            Package: libc

            Package: init
            Priority: required

            Package: kernel

            Package: app
            """)
        #expect(
            try fixture.choose(PoolFixture.goal(["app"], base: ["kernel"])) == [
                "app", "init", "kernel", "libc", "shell",
            ])
    }

    @Test func `what is removed is not there, though it is required or of the base`() throws {
        let fixture = try PoolFixture(
            """
            Package: shell
            Essential: yes

            Package: clock
            Priority: required

            Package: ssh

            Package: app
            Depends: first | second

            Package: first

            Package: second

            Package: stubborn
            Depends: first
            """)
        let goal = PoolFixture.goal(["app"], base: ["ssh"], remove: ["clock", "ssh", "first"])
        #expect(try fixture.choose(goal) == ["app", "second", "shell"])
        #expect(
            fixture.refusal(PoolFixture.goal(["stubborn"], remove: ["first"])) == [
                "1: 'stubborn' cannot be installed: stubborn needs first, which is to be removed by line 6",
                "   note: 'first' is removed here (line 6)",
            ])
        #expect(
            fixture.refusal(PoolFixture.goal(["app"], remove: ["shell"])) == [
                "6: 'shell' is essential: no image works without it"
            ])
        #expect(
            fixture.refusal(PoolFixture.goal(["first"], remove: ["first"])) == [
                "6: 'first' is both asked for and removed", "   note: it is asked for here (line 1)",
            ])
        #expect(
            fixture.refusal(PoolFixture.goal(["app"], remove: ["frist"])) == [
                "6: 'frist', which is to be removed, is no package of test/stable",
                "   hint: did you mean 'first'?",
            ])
    }

    @Test func `chains of any length are followed`() throws {
        var text = ""
        for number in 0..<3000 { text += "Package: link-\(number)\nDepends: link-\(number + 1)\n\n" }
        let fixture = try PoolFixture(text + "Package: link-3000\n")
        #expect(try fixture.choose("link-0").count == 3001)
    }

    @Test func `circles are no obstacle`() throws {
        let fixture = try PoolFixture(
            """
            Package: chicken
            Pre-Depends: egg

            Package: egg
            Depends: chicken
            """)
        #expect(try fixture.choose("egg") == ["chicken", "egg"])
    }

    @Test func `a lock's digest is SHA-256, also where the index has longer ones`() throws {
        let (short, long) = (String(repeating: "a", count: 64), String(repeating: "b", count: 128))
        let fixture = try PoolFixture("Package: app\nSHA256: \(short)\nSHA512: \(long)\n")
        #expect(fixture.pool.packages.map { fixture.pool.sha256(of: $0) } == [short])
    }
}
