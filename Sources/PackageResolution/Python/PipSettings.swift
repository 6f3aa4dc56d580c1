import FileTrees
import HostSystem
import SandboxInside

/// What pip inside the sandbox is told of the machine's network: certificates, proxies, time-outs. Not told: indexes
/// and link folders other than the archive `pypi`, because a lock could not say where such a wheel came from.
struct PipSettings {
    private let host: Host
    /// Where a CA bundle that only this machine has is seen inside.
    private static let certificates = "/run/stonebake-ca.pem"
    private static let kept = ["TRUSTED_HOST", "TIMEOUT", "DEFAULT_TIMEOUT", "RETRIES", "PROXY"]

    init(host: Host) {
        self.host = host
    }

    var environment: [String: String] {
        get throws(HostError) {
            var variables = [
                // Nothing else is read: no pip.conf of the tools, none of the host.
                "PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1",
                "PIP_NO_CACHE_DIR": "1", "PIP_ROOT_USER_ACTION": "ignore", "PYTHONDONTWRITEBYTECODE": "1",
                "PIP_INDEX_URL": try host.archives.base(of: "pypi"),
            ]
            for key in Self.kept {
                if let value = try value(key) { variables["PIP_\(key)"] = value }
            }
            for name in ["http_proxy", "https_proxy", "no_proxy", "all_proxy"] {
                for spelling in [name, name.uppercased()] {
                    if let value = host.environment[spelling] { variables[spelling] = value }
                }
            }
            if try bundle() != nil { variables["PIP_CERT"] = Self.certificates }
            return variables
        }
    }

    var binds: [SandboxBind] {
        get throws(HostError) { try bundle().map { [.init($0, at: Self.certificates)] } ?? [] }
    }

    /// The CA bundle that pip on this machine would use.
    private func bundle() throws(HostError) -> String? {
        let candidates = [
            try value("CERT"), host.environment["REQUESTS_CA_BUNDLE"], host.environment["CURL_CA_BUNDLE"],
            host.environment["SSL_CERT_FILE"], "/etc/ssl/certs/ca-certificates.crt",
        ]
        return candidates.compactMap { $0 }.first { $0.hasPrefix("/") && Files.exists($0) }
    }

    /// A setting by its name in the environment: `CERT` is `PIP_CERT`, and `cert` in pip.conf.
    private func value(_ name: String) throws(HostError) -> String? {
        if let value = host.environment["PIP_\(name)"], !value.isEmpty { return value }
        let home = host.environment["HOME"] ?? ""
        let configured = [
            host.environment["PIP_CONFIG_FILE"], "\(home)/.config/pip/pip.conf", "\(home)/.pip/pip.conf",
            "/etc/pip.conf",
        ]
        let key = String(name.lowercased().map { $0 == "_" ? "-" : $0 })
        for path in configured.compactMap({ $0 }) where path != "/dev/null" && Files.exists(path) {
            if let value = Self.value(of: key, in: try Files.readText(path, limit: 1 << 20)) { return value }
        }
        return nil
    }

    /// The value in the section `install`, else `global`.
    static func value(of key: String, in text: String) -> String? {
        var section = ""
        var found: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let line = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }).joined(separator: " ")
            if line.hasPrefix("["), line.hasSuffix("]") {
                section = String(line.dropFirst().dropLast())
            } else if let split = line.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                let name = line[..<split].split(separator: " ").joined()
                let value = line[line.index(after: split)...].drop { $0 == " " }
                if name.lowercased() == key { found[section] = String(value) }
            }
        }
        return found["install"] ?? found["global"]
    }
}
