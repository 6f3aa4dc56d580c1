import Foundation
import Testing

/// `--parameter` and its kin, as far as nothing has to boot.
struct ParameterCallTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let spec = """
            stonebake: 1
            name: a
            version: 1.0.0
            distribution: {name: debian, release: trixie}
            parameters:
              - {name: site, type: hostname, required: true}
              - {name: port, type: integer, default: 80, min: 1, max: 65535}
              - {name: a-very-long-parameter-name, default: ""}
              - {name: token, type: password, required: true}
            first-boot: {environment: [{path: /etc/a}]}

            """
        try Data(spec.utf8).write(to: folder.url.appendingPathComponent("a.yaml"))
        try Data("no disk\n".utf8).write(to: folder.url.appendingPathComponent("a.raw"))
        try Data("t\n".utf8).write(to: folder.url.appendingPathComponent("token.txt"))
    }

    private func test(_ arguments: String..., environment: [String: String] = [:]) throws -> StonebakeProcess.Outcome {
        let run = try StonebakeProcess(
            ["test", "a.raw", "--checks", "a.yaml"] + arguments, in: folder.url, environment: environment)
        try run.process.run()
        return try run.wait()
    }

    @Test func `every one that is required and not given is told at its place`() throws {
        let run = try test()
        #expect(run.status == 1)
        #expect(
            run.error == """
                a.yaml:6:12: error: the parameter 'site' is required and has no example [missing-parameter]
                   6 |   - {name: site, type: hostname, required: true}
                     |            ^~~~
                  hint: --parameter site=VALUE, or an 'example' in the spec

                a.yaml:9:12: error: the parameter 'token' is required and has no example [missing-parameter]
                   9 |   - {name: token, type: password, required: true}
                     |            ^~~~~
                  hint: --parameter token=VALUE, or an 'example' in the spec

                """)
    }

    @Test func `the environment and files give them as well`() throws {
        let run = try test(
            "--parameter-file", "token=token.txt", environment: ["STONEBAKE_PARAMETER_PORT": "81"])
        #expect(run.status == 1)
        #expect(run.error.contains("'site' is required") && !run.error.contains("'token'"))
        let other = try test(environment: ["STONEBAKE_PARAMETER_SITE": "shop.example.org"])
        #expect(!other.error.contains("'site'") && other.error.contains("'token' is required"))
    }

    @Test(arguments: [
        (["--parameter", "site"], "'site' is not NAME=VALUE, for example port=8080"),
        (["--parameter", "=x"], "'' is not NAME=VALUE"),
        (["--parameter-file", "site=nowhere"], "there is no file 'nowhere' with a parameter"),
        (["--parameter", "sit=x"], "'a' has no parameter 'sit': did you mean 'site'?"),
        (["--parameter", "colour=x"], "'a' has no parameter 'colour': it has site, port, "),
        (
            [
                "--parameter", "site=a", "--parameter", "token=t", "--parameter", "a-very-long-parameter-name=x",
                "--parameters-by", "fw-cfg",
            ], "fw-cfg has room for 18 characters of a name, and 'a-very-long-parameter-name' has more: use smbios"
        ),
        (["--parameters-by", "post"], "Please provide one of 'user-data', 'smbios' or 'fw-cfg'."),
    ])
    func `a wrong call says what is wrong with it`(arguments: [String], message: String) throws {
        let run = try StonebakeProcess(["test", "a.raw", "--checks", "a.yaml"] + arguments, in: folder.url)
        try run.process.run()
        let outcome = try run.wait()
        #expect(outcome.status == 2)
        #expect(outcome.error.contains(message), "\(outcome.error)")
    }
}
