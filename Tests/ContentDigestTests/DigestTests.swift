import Glibc
import SystemPackage
import Testing

@testable import ContentDigest

@Suite struct DigestTests {
    /// FIPS 180-4's examples, and those of NIST's test vectors for the empty and the long message.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func `SHA-256 gives the published digests`(text: String, hex: String) {
        #expect(Digest.of(text).hex == hex)
        #expect(Digest.of(Array(text.utf8)).hex == hex)
        var hash = SHA256()
        for piece in Array(text).chunked(by: 7) { hash.update(String(piece)) }
        #expect(hash.finalize().hex == hex)
    }

    @Test func `a file's digest is its content's; one that is not there is an error`() throws {
        let path = FilePath("/proc/self/comm")
        let content = Digest.of(try readAll(path))
        #expect(try Digest.of(file: path) == content)
        #expect(throws: Errno.noSuchFileOrDirectory) { try Digest.of(file: "/nonexistent") }
        #expect(throws: Errno.isDirectory) { try Digest.of(file: "/") }
    }

    @Test(arguments: [
        [(0, 5)], [(0, 0)], [(1 << 20, 70000), (1 << 22, 3)], [(300_000, 200_000)], [(0, 1), (9 << 20, 0)],
    ])
    func `holes of a file count as the zeros that they are read as`(data: [(offset: Int64, count: Int)]) throws {
        let path = FilePath("/tmp/stonebake-holes-\(UInt64.random(in: .min ... .max))")
        let file = try FileDescriptor.open(
            path, .readWrite, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
        defer { unlink(path.string) }
        try file.closeAfter {
            for (offset, count) in data {
                try file.writeAll(toAbsoluteOffset: offset, [UInt8](repeating: 7, count: count))
                try file.resize(to: max(try file.seek(offset: 0, from: .end), offset + Int64(count)))
            }
            try file.resize(to: try file.seek(offset: 0, from: .end) + 200_000)
        }
        #expect(try Digest.of(file: path) == Digest.of(try readAll(path)))
    }

    @Test(arguments: ["", "abc", String(repeating: "g", count: 64), String(repeating: "a", count: 63)])
    func `what is not 64 hexadecimal digits is no digest`(hex: String) {
        #expect(Digest(hex: hex) == nil)
    }

    @Test func `upper case is folded; the UUID is a version 8 one of the digest's bytes`() throws {
        let digest = try #require(Digest(hex: String(repeating: "AB", count: 32)))
        #expect(digest.hex == String(repeating: "ab", count: 32))
        #expect(digest.uuid == "abababab-abab-8bab-abab-abababababab")
        let zero = try #require(Digest(hex: String(repeating: "0", count: 64)))
        #expect(zero.uuid == "00000000-0000-8000-8000-000000000000")
    }
}

@Suite struct StepInputsTests {
    @Test func `the digest depends on names and values, not on the order`() {
        var one = StepInputs()
        one.add("a", text: "1")
        one.add("b", text: "2")
        var two = StepInputs()
        two.add("b", text: "2")
        two.add("a", text: "1")
        #expect(one.digest == two.digest)
        two.add("a", text: "2")
        #expect(one.digest != two.digest)
    }

    @Test func `names that run into one another do not collide`() {
        var one = StepInputs()
        one.add("a=", text: "1")
        var two = StepInputs()
        two.add("a", text: "=1")
        #expect(one.digest != two.digest)
    }

    @Test func `differences name what changed, what came and what went`() {
        var old = StepInputs()
        var new = StepInputs()
        for name in ["same", "changed", "gone"] { old.add(name, text: name) }
        new.add("same", text: "same")
        new.add("changed", text: "otherwise")
        new.add("come", text: "come")
        #expect(new.differences(from: old) == ["changed", "come", "gone"])
        #expect(old.differences(from: old) == [])
    }
}

private func readAll(_ path: FilePath) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly)
    return try file.closeAfter {
        var (all, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
            if count == 0 { return all }
            all += bytes.prefix(count)
        }
    }
}

extension Array {
    fileprivate func chunked(by size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
