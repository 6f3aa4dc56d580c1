import Foundation
import Testing

/// `stonebake init`.
struct InitTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: String...) throws -> StonebakeProcess.Outcome {
        let run = try StonebakeProcess(arguments, in: folder.url)
        try run.process.run()
        return try run.wait()
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: folder.url.appendingPathComponent(path), encoding: .utf8)
    }

    @Test(arguments: ["wsgi", "web-app", "broker"])
    func `what it writes is a spec without a fault, and a lock of it can be asked for`(kind: String) throws {
        let made = try run("init", "--kind", kind, "below/shop-1/")
        #expect(made.status == 0, "\(made.error)")
        #expect(made.output == "below/shop-1/appliance.yaml is written. Next: stonebake build below/shop-1\n")
        let checked = try run("validate", "below/shop-1")
        #expect(checked.status == 0)
        #expect(checked.output + checked.error == "The spec is well formed.\n")
        let spec = try text("below/shop-1/appliance.yaml")
        #expect(spec.contains("name: shop-1\n") && spec.contains("application:\n  \(kind):\n"))
        #expect(spec.contains("#     stonebake build below/shop-1 "))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["below"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path + "/below") == ["shop-1"])
    }

    @Test func `without a kind it is a WSGI application`() throws {
        #expect(try run("init", "shop").status == 0)
        #expect(try text("shop/appliance.yaml").contains("  wsgi:\n"))
        #expect(try text("shop/app/app.py").contains("def application(environ, start_response):"))
    }

    @Test func `a folder that is there stays as it is`() throws {
        #expect(try run("init", "shop").status == 0)
        try Data("mine".utf8).write(to: folder.url.appendingPathComponent("shop/appliance.yaml"))
        let again = try run("init", "--kind", "broker", "shop")
        #expect(again.status == 2)
        #expect(again.error.contains("Error: 'shop' is there already: give another name, or remove it\n"))
        #expect(again.error.contains("stonebake init"))
        #expect(try text("shop/appliance.yaml") == "mine")
    }

    @Test(arguments: [
        (["Shop"], "'Shop' is not a name: lower-case letters, digits and hyphens"),
        (["a_b"], "'a_b' is not a name"),
        (["--kind", "brokr", "a"], "Please provide one of 'wsgi', 'web-app' or 'broker'."),
        ([], "Missing expected argument '<name>'"),
    ])
    func `a wrong call makes nothing`(arguments: [String], message: String) throws {
        let process = try StonebakeProcess(["init"] + arguments, in: folder.url)
        try process.process.run()
        let outcome = try process.wait()
        #expect(outcome.status == 2)
        #expect(outcome.error.contains(message), "\(outcome.error)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }
}
