import Diagnostics

/// A kind of application: one key below `application:`, and what it comes to in packages, users, files, units and checks.
///
/// A kind is one file below `Kinds/`: its keys (`field`), what is wrong with them beyond what the keys alone say
/// (`init`), and its expansion. The parser, the JSON Schema, `plan --expand` and the build know it once it is
/// listed in `ApplicationKinds.all`. `docs/kinds.md` says how to add one.
protocol ApplicationKind: Sendable {
    /// Its key and its record of keys.
    static var field: Field { get }

    /// Reads the record. Nil where something that it cannot do without is missing or wrong; that has then been reported,
    /// by the declarations or here. Problems of values are reported through the decoder, as many as there are.
    init?(_ node: SpecNode, from decoder: inout SpecDecoder)

    /// The port that http checks mean when they name none; nil where it serves no pages.
    var port: Int? { get }

    /// The values that its files follow from, by their keys: when one of them changes, `plan` names the key and not the
    /// files. What is not here, and no file or package either, must not decide anything in the image.
    var settings: [String: String] { get }

    /// What it adds to an appliance, which is complete but for that.
    func expansion(of appliance: Appliance) -> Expansion
}

/// The kinds that there are.
enum ApplicationKinds {
    static let all: [any ApplicationKind.Type] = [
        WSGIKind.self,
        WebAppKind.self,
        BrokerKind.self,
    ]
}

extension SpecDeclarations {
    /// One key for each application kind.
    static let application = Record(
        name: "an application", fields: ApplicationKinds.all.map { $0.field },
        exactlyOne: ApplicationKinds.all.map { $0.field.key })
}

extension SpecDecoder {
    /// What `application:` says; nil where there is none or it is not whole.
    mutating func applicationKind() -> (any ApplicationKind)? {
        guard let application = root["application"] else { return nil }
        for kind in ApplicationKinds.all {
            if let node = application[kind.field.key] { return kind.init(node, from: &self) }
        }
        return nil
    }
}

extension Application {
    init(_ kind: some ApplicationKind) {
        self.init(kind: type(of: kind).field.key, port: kind.port, ports: [], settings: kind.settings)
    }
}

/// Whether a spec may be called so.
package func isApplianceName(_ text: String) -> Bool { TextRule.applianceName.accepts(text) }
