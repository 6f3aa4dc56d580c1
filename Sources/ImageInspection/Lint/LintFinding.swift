package import Diagnostics

/// One thing that is wrong with an image, why that fails where it is to run, and what helps.
package struct LintFinding: Sendable, Equatable, Codable {
    package var severity: Diagnostic.Severity
    /// A stable name, in kebab case: `vhd-unaligned`.
    package var code: String
    package var message: String
    package var reason: String
    /// The document that says so.
    package var source: String
    package var remedy: String

    package init(
        _ severity: Diagnostic.Severity, _ code: String, _ message: String, reason: String, source: String,
        remedy: String
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.reason = reason
        self.source = source
        self.remedy = remedy
    }

    /// - Parameter image: what the user calls it
    package func diagnostic(image: String) -> Diagnostic {
        Diagnostic(
            severity, code: code, "\(image): \(message)", hint: remedy,
            notes: [.init("why: \(reason)"), .init("source: \(source)")])
    }
}

/// What a linter has found so far.
struct LintFindings {
    var findings: [LintFinding] = []

    mutating func error(_ code: String, _ message: String, why: String, source: String, remedy: String) {
        findings.append(LintFinding(.error, code, message, reason: why, source: source, remedy: remedy))
    }

    mutating func warning(_ code: String, _ message: String, why: String, source: String, remedy: String) {
        findings.append(LintFinding(.warning, code, message, reason: why, source: source, remedy: remedy))
    }

    /// A structure that contradicts the format's definition.
    mutating func broken(_ code: String, _ message: String, source: String) {
        error(
            code, message, why: "an importer refuses the file, or takes something else for its content", source: source,
            remedy: "make or download the image again")
    }
}

/// Where the rules come from.
enum LintSource {
    static let images = "systemd, Building Images Safely (systemd.io/BUILDING_IMAGES)"
    static let debian = "Debian cloud team, system_tests"
    static let qcow2 = "QEMU, docs/interop/qcow2.txt"
    static let vmdk = "VMware, Virtual Disk Format 5.0"
    static let vhd = "Microsoft, Virtual Hard Disk Image Format Specification"
    static let vhdx = "Microsoft, [MS-VHDX]"
    static let ovf = "DMTF, DSP0243 (OVF 1.1)"
    static let xva = "XAPI, XVA file format"
    static let oci = "OCI, Image Format Specification"
}
