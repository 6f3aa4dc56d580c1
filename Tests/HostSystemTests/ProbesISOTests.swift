import FoundationEssentials
import Testing

@testable import FileTrees
@testable import HostSystem

@Suite struct ProbesISOTests {
    @Test func `a seed carries its volume name and its files under their names`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/seed.iso"
        let long = String(repeating: "x", count: 5000)
        try ISOWriter.write(
            to: path, volume: "CIDATA",
            files: [.init(name: "meta-data", text: "instance-id: a\n"), .init(name: "user-data", text: long)])
        let bytes = try Files.read(path)
        // The primary volume descriptor is sector 16; its volume identifier is at byte 40 (ECMA-119, 8.4.7).
        let descriptor = bytes[(16 * 2048)..<(17 * 2048)]
        #expect(descriptor.dropFirst().starts(with: "CD001".utf8))
        #expect(descriptor.dropFirst(40).prefix(32) == Array("CIDATA".utf8 + [UInt8](repeating: 32, count: 26))[...])
        let runner = CommandRunner(progress: .silent)
        // Another reader than the writer: blkid names it as cloud-init's ds-identify sees it.
        let probed = try await runner.run(
            Command("/sbin/blkid", ["-o", "export", path]).with { $0.output = .capture(limit: 4096) })
        #expect(probed.text.contains("LABEL=CIDATA"))
        #expect(probed.text.contains("TYPE=iso9660"))
        #expect(Array(bytes).firstRange(of: Array("instance-id: a\n".utf8)) != nil)
        #expect(Array(bytes).firstRange(of: Array(long.utf8)) != nil)
    }

    @Test(arguments: ["", "cidata", "WITH SPACE", String(repeating: "A", count: 33)])
    func `a volume name that ISO 9660 has not is refused`(volume: String) throws {
        let folder = try TemporaryFolder()
        #expect(throws: HostError.self) {
            try ISOWriter.write(to: folder.path + "/a.iso", volume: volume, files: [])
        }
    }

    @Test func `a folder that is not there is an error`() {
        #expect(throws: HostError.self) {
            try ISOWriter.write(to: "/nonexistent/a.iso", volume: "CIDATA", files: [.init(name: "a", text: "")])
        }
    }
}
