import Testing

@testable import PackageResolution

@Suite struct PackageRequestTests {
    @Test func `a request is read as apt reads it`() {
        let plain = PackageRequest("nginx")
        #expect(plain?.name == "nginx")
        #expect(plain?.version == nil)
        #expect(PackageRequest("nginx=1:1.26.3-3+deb13u1~bpo1")?.version == "1:1.26.3-3+deb13u1~bpo1")
        #expect(PackageRequest("nginx/trixie-backports")?.suite == "trixie-backports")
        #expect(PackageRequest("libstdc++6:amd64")?.architecture == "amd64")
        #expect(PackageRequest("g++:amd64=4:14.2.0-1")?.architecture == "amd64")
    }

    @Test(arguments: [
        "", "a", "Nginx", "nginx==1", "nginx = 1", "-nginx", "nginx=", "nginx/", "nginx:", "../etc", "a b",
    ])
    func `what apt would not understand is refused`(text: String) {
        #expect(PackageRequest(text) == nil)
    }
}
