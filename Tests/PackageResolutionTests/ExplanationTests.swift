import Testing

@testable import PackageResolution

@Suite struct ExplanationTests {
    @Test func `the chain from the line that asked to the conflict is told`() throws {
        let fixture = try PoolFixture(
            """
            Package: nginx-light
            Depends: nginx-common (= 1.26)

            Package: nginx-common
            Version: 1.26
            Conflicts: apache2

            Package: apache2
            """)
        #expect(
            fixture.refusal("apache2", "nginx-light") == [
                "2: 'nginx-light' cannot be installed: nginx-light needs nginx-common (= 1.26), which conflicts with "
                    + "apache2, asked at line 1",
                "   note: 'apache2' is asked for here (line 1)",
            ])
    }

    @Test func `both ends of a conflict have their chains`() throws {
        let fixture = try PoolFixture(
            """
            Package: site
            Depends: front

            Package: front
            Depends: server-a

            Package: server-a
            Breaks: server-b (<< 2)

            Package: tool
            Depends: server-b

            Package: server-b
            """)
        #expect(
            fixture.refusal("site", "tool") == [
                "1: 'site' cannot be installed: site needs front, which needs server-a, which conflicts with server-b "
                    + "(<< 2), which tool needs, asked at line 2",
                "   note: 'tool' is asked for here (line 2)",
            ])
    }

    @Test func `a conflict with the base begins with what the author asked for`() throws {
        let fixture = try PoolFixture(
            """
            Package: systemd
            Conflicts: sysvinit

            Package: sysvinit

            Package: old-daemon
            Depends: sysvinit
            """)
        #expect(
            fixture.refusal(PoolFixture.goal(["old-daemon"], base: ["systemd"])) == [
                "1: 'old-daemon' cannot be installed: old-daemon needs sysvinit, with which systemd of the base system "
                    + "conflicts"
            ])
    }

    @Test func `a virtual package is explained by its provider`() throws {
        let fixture = try PoolFixture(
            """
            Package: list-server
            Depends: mta

            Package: exim
            Provides: mta
            Conflicts: web

            Package: web
            """)
        #expect(
            fixture.refusal("list-server", "web").first
                == "1: 'list-server' cannot be installed: list-server needs mta (provided by exim), which conflicts "
                + "with web, asked at line 2")
    }

    @Test func `a dependency that only another suite satisfies is pointed to`() throws {
        let fixture = try PoolFixture([
            (
                "stable", 500,
                """
                Package: app
                Depends: lib (>= 2)

                Package: lib
                """
            ),
            (
                "stable-backports", 100,
                """
                Package: lib
                Version: 2
                """
            ),
        ])
        #expect(
            fixture.refusal("app") == [
                "1: 'app' cannot be installed: app needs lib (>= 2), which only lib 2 of test/stable-backports is",
                "   hint: ask for 'lib/stable-backports' as well",
            ])
        #expect(try fixture.choose("app", "lib/stable-backports") == ["app", "lib=2"])
    }

    @Test func `every wrong request is told at once, at its line, with near names`() throws {
        let fixture = try PoolFixture(
            """
            Package: nginx-light

            Package: nginx-full

            Package: exim
            Provides: mta

            Package: postfix
            Provides: mta

            Package: python3
            Version: 3.13
            """)
        #expect(
            fixture.refusal("nginx-ligth", "mta", "python3=3.12", "python3/sid", "no thing") == [
                "1: no package 'nginx-ligth' in test/stable",
                "   hint: did you mean 'nginx-light'?",
                "5: 'no thing' is not a package request",
                "   hint: write name, name=version, name/suite or name:architecture",
                "3: there is no version '3.12' of python3",
                "   hint: there is 3.13 (test/stable)",
                "4: no repository here has the suite 'sid'",
                "   hint: known are stable; add another under repositories",
                "2: 'mta' is a virtual package that 2 packages provide",
                "   hint: ask for one of them: exim, postfix",
            ])
    }

    @Test func `a virtual package with one provider is that provider`() throws {
        let fixture = try PoolFixture(
            """
            Package: exim
            Provides: mta
            """)
        #expect(try fixture.choose("mta") == ["exim"])
    }
}
