import FileTrees
import Foundation
import HostSystem
import Testing

@testable import BootCheck

/// How the values of an appliance's parameters get into a guest.
@Suite struct GuestParametersTests {
    private static let awkward = [
        "plain": "shop.example.org", "empty": "", "yes": "yes", "number": "0012", "quotes": #"a "b" 'c' \d"#,
        "lines": "-----BEGIN-----\nabc=\n-----END-----\n", "colon": "a: b # c", "tab": "a\tb\u{7}\u{85}",
        "letters": "grün 漢字 🥐", "spaces": "  both ends  ", "brackets": "{a: [b]}", "percent": "100% $HOME ${x}",
    ]

    /// PyYAML is what cloud-init and the guest's own program read with.
    private func read(_ yaml: String) throws -> [String: String] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(yaml.utf8))
        try input.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONDecoder().decode([String: String].self, from: data)
    }

    @Test func `what the guest reads is what was given, whatever is in it`() throws {
        let parameters = GuestParameters(values: Self.awkward)
        #expect(try read(parameters.document) == Self.awkward)
    }

    private func userData(_ seed: CloudSeed) throws -> String {
        String(decoding: try #require(seed.files.first { $0.name == "user-data" }).content, as: UTF8.self)
    }

    @Test func `user data write them to the guest's file, for its root alone`() throws {
        let seed = CloudSeed(
            instance: "i-1", hostname: "shop", publicKey: "ssh-ed25519 AAAA", parameters: .init(values: Self.awkward))
        let text = try userData(seed)
        #expect(text.hasPrefix("#cloud-config\n"))
        #expect(text.contains("  - path: /etc/stonebake/parameters.yaml\n    permissions: \"0600\"\n"))
        let content = try #require(text.firstMatch(of: /content: (.*)\n/)).1
        let document = try #require(try read("content: \(content)")["content"])
        #expect(try read(document) == Self.awkward)
    }

    @Test(arguments: [
        GuestParameters(), GuestParameters(values: ["a": "b"], delivery: .smbios),
        GuestParameters(values: ["a": "b"], delivery: .firmwareConfiguration),
    ])
    func `user data hold none where there are none, or where they come another way`(parameters: GuestParameters) throws
    {
        let seed = CloudSeed(instance: "i-1", hostname: "shop", publicKey: nil, parameters: parameters)
        #expect(try userData(seed) == "#cloud-config\n{}\n")
    }

    private func written(_ parameters: GuestParameters) throws -> (arguments: [String], files: [String: Data]) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "stonebake-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let arguments = try parameters.write(to: folder.path)
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let file = folder.appending(path: name)
            files[name] = try Data(contentsOf: file)
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        return (arguments, files)
    }

    @Test func `SMBIOS strings hold them encoded, in files that QEMU reads`() throws {
        let (arguments, files) = try written(.init(values: Self.awkward, delivery: .smbios))
        #expect(files.count == Self.awkward.count)
        for (number, (name, value)) in Self.awkward.sorted(by: { $0.key < $1.key }).enumerated() {
            let file = "parameter-\(number)"
            #expect(Array(arguments.dropFirst(2 * number).prefix(2)) == ["-smbios", "type=11,path=\(file)"])
            let text = String(decoding: try #require(files[file]), as: UTF8.self)
            let start = "io.systemd.credential.binary:stonebake.\(name)="
            #expect(text.hasPrefix(start))
            #expect(Data(base64Encoded: String(text.dropFirst(start.count))) == Data(value.utf8))
        }
        // Every user of this machine sees a command line.
        #expect(!arguments.joined(separator: " ").contains("shop.example.org"))
    }

    @Test func `fw_cfg holds them as they are`() throws {
        let (arguments, files) = try written(
            .init(values: ["site": "a\nb", "key": "k"], delivery: .firmwareConfiguration))
        #expect(
            arguments == [
                "-fw_cfg", "name=opt/io.systemd.credentials/stonebake.key,file=parameter-0",
                "-fw_cfg", "name=opt/io.systemd.credentials/stonebake.site,file=parameter-1",
            ])
        #expect(files == ["parameter-0": Data("k".utf8), "parameter-1": Data("a\nb".utf8)])
    }

    @Test func `a name fits into fw_cfg's 55 bytes, and no more`() throws {
        let longest = try #require(GuestParameters.longestName(for: .firmwareConfiguration))
        #expect("opt/io.systemd.credentials/stonebake.".utf8.count + longest == 55)
        #expect(GuestParameters.longestName(for: .smbios) == nil && GuestParameters.longestName(for: .userData) == nil)
    }

    @Test func `user data take no arguments and no files`() throws {
        let (arguments, files) = try written(.init(values: ["a": "b"]))
        #expect(arguments.isEmpty && files.isEmpty)
    }
}
