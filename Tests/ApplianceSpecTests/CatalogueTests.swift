import ApplianceSpec
import Diagnostics
import Testing

struct CatalogueTests {
    @Test func `the WSGI appliance compiles without a word`() throws {
        let (appliance, report) = SpecCompiler(workingDirectory: repository).compile("Appliances/wsgi/appliance.yaml")
        #expect(report.rendered(as: .text) == "")
        let wsgi = try #require(appliance)
        #expect(wsgi.name.value == "wsgi")
    }
}
