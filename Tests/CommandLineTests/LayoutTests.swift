import Foundation
import Testing

/// Disks that a spec divides, built and booted for real: `Tests/Layouts`. Two that hold everything are part of all tests;
/// `make test-layouts` takes each by itself.
@Suite(.serialized, .trimsStore)
struct LayoutTests {
    private static let passphrase = "a phrase, typed at boot"

    /// Names of specs in `Tests/Layouts`, and the firmware that boots them.
    private static let layouts: [String] = {
        let asked = ProcessInfo.processInfo.environment["STONEBAKE_LAYOUTS"] ?? "encrypted disks:uefi"
        return asked.split(separator: " ").map(String.init)
    }()

    @Test(arguments: layouts)
    func `a layout is built, boots, and is what its spec says`(layout: String) async throws {
        let ready = try await BuildFixture.shared.ready()
        let parts = layout.split(separator: ":").map(String.init)
        let folder = try TemporaryFolder()
        let specs = StonebakeProcess.repository.appendingPathComponent("Tests/Layouts")
        let copy = folder.url.appendingPathComponent("Layouts")
        try FileManager.default.copyItem(at: specs, to: copy)
        let spec = copy.appendingPathComponent("\(parts[0]).yaml").path
        let images = folder.url.appendingPathComponent("Images").path
        let secret = try folder.write("\(Self.passphrase)\n", to: "passphrase").path
        let environment = ["STONEBAKE_CACHE": ready.store.path]
        let arguments = ["--secret", "disk=\(secret)", "--output", images]
        let build = try StonebakeProcess(
            ["build", spec, "--lock", folder.url.appendingPathComponent("a.lock").path] + arguments,
            environment: environment)
        try build.process.run()
        let built = try build.wait()
        #expect(built.status == 0, "\(built.output)\(built.error)")
        // What is encrypted on the disk was looked at all the same.
        #expect(!built.error.contains("contents-not-read"), "\(built.error)")
        let test = try StonebakeProcess(
            ["test", spec, "--firmware", parts.count > 1 ? parts[1] : "bios"] + arguments, environment: environment)
        try test.process.run()
        let tested = try test.wait()
        #expect(tested.status == 0, "\(tested.output)\(tested.error)")
        try checkSecrecy(of: parts[0], in: folder, store: ready.store)
        // Comparing images goes through all of their parts, whatever these are.
        let image = "\(images)/layout-\(parts[0])-1.0.0/layout-\(parts[0])-1.0.0.qcow2"
        let same = try StonebakeProcess.run("diff", image, image, environment: environment)
        #expect(same.status == 0, "\(same.output)\(same.error)")
    }

    /// The passphrase is in nothing that stays, and what is encrypted is not on the disk in the clear.
    private func checkSecrecy(of layout: String, in folder: TemporaryFolder, store: URL) throws {
        let found = try Tool.run(
            [
                "sh", "-c",
                """
                grep -rlaF -e "$1" "$2/logs" "$2/entries" "$3/Images" "$3/a.lock" /dev/shm 2>/dev/null
                case $4 in
                encrypted) grep -rlaF "only on the encrypted disk" "$2"/entries/*/*/content/disk*.raw
                esac
                true
                """, "sh", Self.passphrase, store.path, folder.url.path, layout,
            ], in: folder.url)
        #expect(found.output == "")
    }

    @Test func `a secret that was not given is an error at its line, before anything is made`() throws {
        let folder = try TemporaryFolder()
        let spec = StonebakeProcess.repository.appendingPathComponent("Tests/Layouts/luks.yaml").path
        let run = try StonebakeProcess.run(
            "build", spec, "--lock", folder.url.appendingPathComponent("a.lock").path, "--output",
            folder.url.appendingPathComponent("Images").path)
        #expect(run.status == 1)
        #expect(run.error.contains("luks.yaml:14:25: error: the secret 'disk' was not given [missing-secret]"))
        #expect(run.error.contains("--secret disk=FILE, or the environment variable STONEBAKE_SECRET_DISK"))
        #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("a.lock").path))
    }
}
