import ContentDigest
import Testing

@testable import PackageResolution

@Suite struct ReleaseFileTests {
    @Test(arguments: [
        ("Sat, 12 Sep 2026 07:55:41 UTC", 1_789_199_741), ("Thu, 01 Jan 1970 00:00:00 UTC", 0),
        ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Mon, 1 Jan 2100 00:00:00 +0000", 4_102_444_800),
    ])
    func `dates are read`(text: String, seconds: Int64) { #expect(ReleaseFile.seconds(text) == seconds) }

    @Test(arguments: [
        "", "today", "Sat, 12 Foo 2026 07:55:41 UTC", "Sat, 12 Sep 2026 07:55:41 CET", "2026-09-12 07:55:41",
    ])
    func `what is no date of the format is refused`(text: String) { #expect(ReleaseFile.seconds(text) == nil) }

    @Test func `dates are written for people`() {
        #expect(ReleaseFile.text(1_789_199_741) == "12 Sep 2026 07:55 UTC")
        #expect(ReleaseFile.text(1_709_251_199) == "29 Feb 2024 23:59 UTC")
        #expect(ReleaseFile.text(1_735_689_599) == "31 Dec 2024 23:59 UTC")
    }

    private static let digest = String(repeating: "a", count: 64)

    @Test func `fields and files are read, weak digests are not`() throws {
        let release = try ReleaseFile(
            """
            Suite: stable-security
            Codename: trixie-security
            Date: Fri, 20 Nov 2026 00:12:42 UTC
            Valid-Until: Fri, 27 Nov 2026 00:12:42 UTC
            Acquire-By-Hash: yes
            NotAutomatic: yes
            ButAutomaticUpgrades: yes
            Architectures: all amd64
            Components: updates/main contrib
            MD5Sum:
             00000000000000000000000000000000 12 main/binary-amd64/Packages.gz
            SHA256:
             \(Self.digest) 34 main/binary-amd64/Packages.xz
            """, of: "test")
        #expect(
            release.files == [
                "main/binary-amd64/Packages.xz": .init(digest: try #require(.init(hex: Self.digest)), size: 34)
            ])
        #expect(release.defaultPriority == 100)
        #expect(release.hasComponent("main") && release.hasComponent("contrib") && !release.hasComponent("non-free"))
        #expect(release.hasHashPaths && !release.mergesAll)
        #expect(release.validUntil == release.date + 7 * 86400)
    }

    @Test(arguments: [
        "Suite: stable", "Date: yesterday", "Date: Fri, 20 Nov 2026 00:12:42 UTC\nValid-Until: never",
        "Date: Fri, 20 Nov 2026 00:12:42 UTC\nSHA256:\n beef 1 main/Packages",
        "Date: Fri, 20 Nov 2026 00:12:42 UTC\nSHA256:\n \(digest) -1 main/Packages",
    ])
    func `a malformed Release file is refused`(text: String) {
        #expect(throws: ResolutionError.self) { try ReleaseFile(text, of: "test") }
    }

    @Test func `priorities are apt's`() throws {
        let date = "Date: Fri, 20 Nov 2026 00:12:42 UTC\n"
        #expect(try ReleaseFile(date, of: "t").defaultPriority == 500)
        #expect(try ReleaseFile(date + "NotAutomatic: yes", of: "t").defaultPriority == 1)
        #expect(try ReleaseFile(date, of: "t").mergesAll)
        #expect(
            try ReleaseFile(date + "Architectures: all amd64\nNo-Support-for-Architecture-all: Packages", of: "t")
                .mergesAll)
    }
}
