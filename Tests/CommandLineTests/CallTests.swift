import Foundation
import Testing

@Suite struct `The command line` {
    private static let subcommands = [
        "validate", "plan", "lock", "build", "test", "run", "kickstart", "lint", "deploy-help", "diff", "doctor",
        "cache", "schema",
    ]

    @Test(arguments: subcommands)
    func `each subcommand's help shows an example`(name: String) throws {
        let run = try StonebakeProcess.run(name, "--help")
        #expect(run.status == 0)
        #expect(run.output.contains("EXAMPLE\n"))
        #expect(run.output.contains("stonebake \(name)"))
    }

    @Test func `the root's help documents the exit statuses`() throws {
        let run = try StonebakeProcess.run("--help")
        #expect(run.status == 0)
        for line in ["0   done", "1   the input is wrong", "2   the call", "69  a mirror", "70  a defect", "75  worth"]
        {
            #expect(run.output.contains(line))
        }
    }

    @Test(arguments: [
        ["bulid"], ["build"], ["validate"], ["plan", "x.yaml", "--nonsense"],
        ["build", "x.yaml", "--mirror", "debian"], ["lock", "x.yaml", "nginx"],
    ])
    func `a wrong call ends with status 2 and says what is wrong`(arguments: [String]) throws {
        let process = try StonebakeProcess(arguments)
        try process.process.run()
        let run = try process.wait()
        #expect(run.status == 2)
        #expect(run.error.contains("Error:"))
        #expect(run.output.isEmpty)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions come from the declarations`(shell: String) throws {
        let run = try StonebakeProcess.run("--generate-completion-script", shell)
        #expect(run.status == 0)
        #expect(run.output.contains("allow-expired"))
    }

    @Test func `an OpenSSL configuration that restricts programs does not keep content from being named`() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("openssl.cnf")
        // Without the default provider, as in a FIPS mode: neither MD5 nor, here, SHA-256.
        let text = "openssl_conf = a\n[a]\nproviders = b\n[b]\nbase = c\n[c]\nactivate = 1\n"
        try Data(text.utf8).write(to: file)
        let run = try StonebakeProcess.run(
            "plan", "Appliances/wsgi", "--offline",
            environment: ["OPENSSL_CONF": file.path, "STONEBAKE_CACHE": folder.url.appendingPathComponent("s").path])
        #expect(run.signal == nil)
        #expect(!run.error.contains("libcrypto"), "\(run.error)")
    }

    @Test func `a spec that does not exist is named`() throws {
        let run = try StonebakeProcess.run("validate", "/nonexistent/appliance.yaml")
        #expect(run.status == 1)
        #expect(run.error.contains("/nonexistent/appliance.yaml"))
    }

    @Test func `the spec in the repository is well formed`() throws {
        let run = try StonebakeProcess.run("validate", "Appliances/wsgi")
        #expect(run.status == 0)
        #expect(run.output == "The spec is well formed.\n")
    }
}
