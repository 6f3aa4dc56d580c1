import ApplianceSpec
import ContentDigest
import Diagnostics
import HostSystem

extension LoadedSpec {
    /// A mark of each secret that the spec's disks are locked with; see `Secrets.mark`.
    ///
    /// - Parameter all: whether one that was not given is an error, told at its place in the spec
    /// - Throws: `MissingSecrets`, `HostError`.
    func secretMarks(_ host: Host, all: Bool) throws -> [String: Digest] {
        guard let storage = appliance.disk.storage else { return [:] }
        let missing = storage.secrets.filter { !host.secrets.has($0.value) }
        guard !all || missing.isEmpty else { throw MissingSecrets(names: missing) }
        let seed = Digest.of("\(appliance.name.value) \(appliance.version.value)")
        var marks: [String: Digest] = [:]
        for secret in storage.secrets { marks[secret.value] = try host.secrets.mark(of: secret.value, seed: seed) }
        return marks
    }
}

/// Secrets that a spec names and nobody has given.
struct MissingSecrets: Failure {
    let names: [Located<String>]

    var diagnostics: [Diagnostic] {
        names.map { name in
            Diagnostic(
                code: "missing-secret", "the secret '\(name.value)' was not given", at: name.range,
                hint: "--secret \(name.value)=FILE, or the environment variable \(Secrets.variable(name.value))")
        }
    }

    var exitCode: ExitCode { .inputWrong }
}
