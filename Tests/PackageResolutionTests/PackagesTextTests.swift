import ApplianceSpec
import Testing

@testable import PackageResolution

@Suite struct PackagesTextTests {
    private func facts(_ text: String) -> [StanzaFacts] {
        Array(text.utf8).withUnsafeBytes { PackagesText.facts(in: $0) }
    }

    @Test func `the facts that libsolv leaves out are read, whatever the case and the spaces`() {
        let text = """
            Package: libc6
            Priority: required
            Size: 123
            SHA256: aa

            package:bash\t
            ESSENTIAL:  yes
            Description: Package: not this one
             Size: 9
            SHA256: bb
            SHA512: cc


            Homepage: a stanza without a package

            Package: last\r
            Priority: strange
            Size: many
            """
        #expect(
            facts(text) == [
                StanzaFacts(name: "libc6", size: 123, priority: 0),
                StanzaFacts(name: "bash", isEssential: true, sha256: "bb"),
                StanzaFacts(name: "last"),
            ])
        #expect(facts("").isEmpty)
    }

    @Test(arguments: [
        "Package: app\n\n\n\nPackage: b", "\n\nPackage: a", "no index at all", "Package: a\nPackage: b\n",
        ":\n:::\n \n",
    ])
    func `odd texts are read as libsolv reads them, or refused`(text: String) throws {
        let pool = PackagePool(architecture: .amd64)
        let source = PackageSource(repository: "t", suites: ["t"], component: "main", priority: 500)
        do {
            _ = try Array(text.utf8).withUnsafeBytes { try pool.add(source, text: $0) }
            #expect(pool.packages.map { pool.name(of: $0) } == facts(text).map(\.name))
        } catch let error as ResolutionError {
            #expect(error.code == .badIndex)
        }
    }
}
