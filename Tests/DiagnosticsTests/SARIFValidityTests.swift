import Diagnostics
import Foundation
import HostSystem
import Testing

/// Our SARIF against models that were generated from the OASIS schema: PyPI's pydantic-sarif.
struct SARIFValidityTests {
    private static let program = """
        import sys
        from pydantic import BaseModel
        import pydantic_sarif.model as model
        roots = [c for n, c in vars(model).items() if isinstance(c, type) and issubclass(c, BaseModel)
                 and {"runs", "version"} <= set(c.model_fields) and c.model_fields["runs"].is_required()]
        assert len(roots) == 1, roots
        for path in sys.argv[1:]:
            roots[0].model_validate_json(open(path).read())
            print("valid", path)
        """

    @Test func `the documents are valid SARIF 2.1.0`() async throws {
        let folder = NSTemporaryDirectory() + "/stonebake-sarif-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(RendererTests.report.rendered(as: .sarif), "\(folder)/full.sarif")
        try write(DiagnosticReport().rendered(as: .sarif), "\(folder)/empty.sarif")
        // The judge has to be able to say no.
        try write(#"{"version": "2.1.0", "runs": [{"results": []}]}"#, "\(folder)/wrong.sarif")
        try write(Self.program, "\(folder)/validate.py")
        let made = try await run(["python3", "-m", "venv", "\(folder)/python"])
        try #require(made.0 == 0, "\(made.1)")
        let installed = try await run([
            "\(folder)/python/bin/pip", "install", "--quiet", "--disable-pip-version-check", "pydantic-sarif==0.1.1",
        ])
        try #require(installed.0 == 0, "\(installed.1)")
        let validate = ["\(folder)/python/bin/python", "\(folder)/validate.py"]
        let right = try await run(validate + ["\(folder)/full.sarif", "\(folder)/empty.sarif"])
        #expect(right.0 == 0, "\(right.1)")
        let wrong = try await run(validate + ["\(folder)/wrong.sarif"])
        #expect(wrong.0 == 1 && wrong.1.contains("tool"), "\(wrong.1)")
    }

    private func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func run(_ arguments: [String]) async throws -> (Int32, String) {
        try await blocking {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = arguments
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = pipe
            process.standardInput = FileHandle.nullDevice
            try process.run()
            let data = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: data, as: UTF8.self))
        }
    }
}
