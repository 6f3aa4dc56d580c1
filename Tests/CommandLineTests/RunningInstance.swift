import Foundation
import Testing

/// An instance of an appliance that `stonebake run --keep` keeps up, reached as a deployer does: by the line for ssh and
/// the ports that it prints. It ends with the value that holds it.
final class RunningInstance {
    private let process: StonebakeProcess
    let overlay: URL
    let name: String

    struct Failed: Error, CustomStringConvertible { let description: String }

    /// - Parameter call: the spec and options of `stonebake run`
    init(_ name: String, of call: [String], keeping overlay: URL, store: URL) throws {
        self.name = name
        self.overlay = overlay
        process = try StonebakeProcess(
            ["run"] + call + ["--keep", overlay.path], environment: ["STONEBAKE_CACHE": store.path])
        try process.process.run()
    }

    deinit { if process.process.isRunning { process.process.terminate() } }

    /// What the guest wrote on its serial console.
    var console: String { process.outputSoFar }

    /// The disk for data, as it is now.
    var dataDisk: URL { URL(fileURLWithPath: overlay.path + "-1") }

    /// The port of this machine that leads to the guest's.
    func port(_ guest: Int) throws -> Int {
        for line in process.errorSoFar.split(separator: "\n") where line.hasSuffix("is the guest's port \(guest)") {
            if let port = line.firstMatch(of: /127\.0\.0\.1:([0-9]+)/).flatMap({ Int($0.1) }) { return port }
        }
        throw Failed(description: "\(name): the guest's port \(guest) is not forwarded: \(process.errorSoFar)")
    }

    /// Runs a script as root in the guest; one that fails is an error.
    @discardableResult func run(_ script: String, seconds: Int = 120) throws -> String {
        let outcome = try attempt(script, seconds: seconds)
        guard outcome.status == 0 else {
            throw Failed(
                description: "\(name): status \(outcome.status) of \(script)\n\(outcome.output)\(outcome.error)")
        }
        return outcome.output
    }

    func attempt(_ script: String, seconds: Int = 120) throws -> Tool.Outcome {
        guard let line = process.errorSoFar.firstMatch(of: /ssh -i .*/)?.0 else {
            throw Failed(description: "\(name): no line for ssh: \(process.errorSoFar)")
        }
        return try Tool.run(
            "sh", "-c", "printf '%s\\n' \"$1\" | timeout \(seconds) \(line) -o LogLevel=ERROR -o BatchMode=yes sh -s",
            "sh",
            script)
    }

    /// Waits until a script in the guest succeeds, and gives what it printed.
    @discardableResult func wait(for fact: String, _ script: String = "true", seconds: Double) async throws -> String {
        let deadline = ContinuousClock().now + .seconds(seconds)
        var last = "nothing was tried"
        while ContinuousClock().now < deadline {
            guard process.process.isRunning else {
                throw Failed(description: "\(name) ended before \(fact): \(process.errorSoFar)\(console.suffix(2000))")
            }
            do {
                let outcome = try attempt(script, seconds: 30)
                if outcome.status == 0 { return outcome.output }
                last = outcome.output + outcome.error
            } catch let error as Failed {
                last = error.description
            }
            try await Task.sleep(for: .seconds(1))
        }
        throw Failed(description: "\(name): in \(seconds) s not \(fact): \(last)\n\(console.suffix(2000))")
    }

    /// Restarts the guest from within, and waits until it is up again.
    func restart(seconds: Double) async throws {
        let boot = try run("cat /proc/sys/kernel/random/boot_id")
        _ = try attempt("systemctl --no-block reboot")
        try await wait(
            for: "up again", "test \"$(cat /proc/sys/kernel/random/boot_id)\" != \"\(boot.dropLast())\"",
            seconds: seconds)
    }

    /// Switches the guest off from within; what it wrote is on its disks.
    func switchOff(seconds: Double) async throws {
        _ = try attempt("systemctl --no-block poweroff")
        let deadline = ContinuousClock().now + .seconds(seconds)
        while process.process.isRunning, ContinuousClock().now < deadline {
            try await Task.sleep(for: .milliseconds(200))
        }
        if process.process.isRunning { throw Failed(description: "\(name) does not switch itself off") }
    }

    /// As if somebody had pulled the plug.
    func end() { process.process.terminate() }
}
