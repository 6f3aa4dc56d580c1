import Diagnostics
import Testing

@testable import PackageResolution

/// Patterns in requests, and what repositories are limited to.
struct LimitTests {
    private let archive = """
        Package: base-files
        Essential: yes

        Package: python3-django
        Depends: python3-wheel

        Package: python3-djtools

        Package: python3-wheel

        Package: zsh-doc

        """

    @Test func `a pattern asks for every package whose name matches`() throws {
        let pool = try PoolFixture(archive)
        #expect(
            try pool.choose("python3-dj*") == ["base-files", "python3-django", "python3-djtools", "python3-wheel"])
        #expect(try pool.choose("python3-djtool[st]") == ["base-files", "python3-djtools"])
        #expect(try pool.choose("???-doc") == ["base-files", "zsh-doc"])
    }

    @Test func `a pattern that matches nothing is told at its place`() throws {
        #expect(try PoolFixture(archive).refusal("python4-*") == ["1: no package of test/stable matches 'python4-*'"])
    }

    @Test func `a pattern among the removals keeps out what it matches, and may match nothing`() throws {
        let pool = try PoolFixture(archive)
        #expect(
            try pool.choose(PoolFixture.goal(["python3-dj*"], remove: ["*tools", "linux-*-firmware"]))
                == ["base-files", "python3-django", "python3-wheel"])
        // What is asked for by its name stays, and so does what is essential.
        #expect(
            try pool.choose(PoolFixture.goal(["zsh-doc"], remove: ["*-doc", "base-*"])) == ["base-files", "zsh-doc"])
    }

    @Test func `a removal that something needs is an error, also by a pattern`() throws {
        #expect(
            try PoolFixture(archive).refusal(PoolFixture.goal(["python3-django"], remove: ["*-wheel"]))
                .first?.hasPrefix("no refusal") == false)
    }

    private func pool(_ first: PackageLimits, _ second: PackageLimits) throws -> PoolFixture {
        try PoolFixture([
            ("stable", 500, "Package: base-files\nEssential: yes\n", PackageLimits()),
            ("one", 500, "Package: nano\nVersion: 2\nDescription: one\n\nPackage: less\nVersion: 2\n", first),
            ("two", 500, "Package: nano\nVersion: 2\nDescription: two\n\nPackage: less\nVersion: 3\n", second),
        ])
    }

    private func source(of name: String, _ fixture: PoolFixture) throws -> String {
        let chosen = try PackageChooser(pool: fixture.pool).choose(PoolFixture.goal([name])).packages
        let id = try #require(chosen.first { fixture.pool.name(of: $0) == name })
        return fixture.pool.source(of: id).repository
    }

    @Test func `of one version in two repositories the cheaper one is taken, else the first`() throws {
        #expect(try source(of: "nano", pool(PackageLimits(), PackageLimits())) == "test/one")
        #expect(try source(of: "nano", pool(PackageLimits(), PackageLimits(cost: 10))) == "test/two")
        #expect(try source(of: "nano", pool(PackageLimits(cost: 10), PackageLimits(cost: 20))) == "test/one")
        // A cost is no reason to take an older version.
        #expect(try source(of: "less", pool(PackageLimits(cost: 10), PackageLimits(cost: 20))) == "test/two")
    }

    @Test func `a repository gives only what it includes, and nothing that it excludes`() throws {
        #expect(try source(of: "less", pool(PackageLimits(), PackageLimits(include: ["na*"]))) == "test/one")
        #expect(try source(of: "less", pool(PackageLimits(), PackageLimits(exclude: ["less"]))) == "test/one")
        #expect(
            try source(of: "nano", pool(PackageLimits(exclude: ["*"]), PackageLimits(include: ["na*"]))) == "test/two")
        let none = try pool(PackageLimits(exclude: ["less"]), PackageLimits(exclude: ["less"]))
        #expect(none.refusal("less").first == "1: no package 'less' in test/stable, test/one, test/two")
    }
}
