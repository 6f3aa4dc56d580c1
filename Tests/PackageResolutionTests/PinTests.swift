import Testing

@testable import PackageResolution

/// apt_preferences(5), by example.
@Suite struct PinTests {
    private static let indexes: [(suite: String, priority: Int, text: String)] = [
        (
            "stable", 500,
            """
            Package: app
            Version: 1
            Depends: lib

            Package: lib
            Version: 1
            """
        ),
        (
            "security", 500,
            """
            Package: lib
            Version: 1.1
            """
        ),
        (
            "backports", 100,
            """
            Package: app
            Version: 2
            Depends: lib (>= 2)

            Package: lib
            Version: 2

            Package: only-there
            Version: 2
            """
        ),
        (
            "experimental", 1,
            """
            Package: app
            Version: 3
            """
        ),
    ]

    @Test func `of equal priority the newest version wins, of unequal ones the priority`() throws {
        #expect(try PoolFixture(Self.indexes).choose("app") == ["app", "lib=1.1"])
        #expect(try PoolFixture(Self.indexes).choose("only-there") == ["only-there=2"])
    }

    @Test func `a pin above another wins over newer versions`() throws {
        var indexes = Self.indexes
        indexes[0].priority = 990
        #expect(try PoolFixture(indexes).choose("app") == ["app", "lib"])
        indexes[3].priority = 1001
        #expect(try PoolFixture(indexes).choose("app") == ["app=3"])
    }

    @Test func `a negative priority keeps a repository out`() throws {
        var indexes = Self.indexes
        indexes[2].priority = -1
        let fixture = try PoolFixture(indexes)
        #expect(
            fixture.refusal("only-there") == ["1: 'only-there' is there, but its repository's priority is negative"])
    }

    @Test func `a suite that is named brings what it needs along`() throws {
        let fixture = try PoolFixture(Self.indexes)
        #expect(try fixture.choose("app/backports") == ["app=2", "lib=2"])
        #expect(try fixture.choose("app/experimental") == ["app=3"])
        #expect(
            fixture.refusal("only-there/stable") == [
                "1: there is no only-there in 'stable'", "   hint: it is in test/backports",
            ])
    }

    @Test func `also what only that suite has brings along what it needs`() throws {
        var indexes = Self.indexes
        indexes[2].text += "\n\nPackage: meta\nDepends: engine\n\nPackage: engine\nDepends: lib (>= 2)\n"
        #expect(try PoolFixture(indexes).choose("meta/backports") == ["engine", "lib=2", "meta"])
    }

    @Test func `a version that is named is taken`() throws {
        let fixture = try PoolFixture(Self.indexes)
        #expect(try fixture.choose("app", "lib=1") == ["app", "lib"])
        #expect(
            fixture.refusal("app=2") == [
                "1: 'app=2' cannot be installed: app needs lib (>= 2), which only lib 2 of test/backports is",
                "   hint: ask for 'lib/backports' as well",
            ])
    }
}
