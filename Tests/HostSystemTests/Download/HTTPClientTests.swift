import Testing

@testable import FileTrees
@testable import HostSystem

@Suite struct HTTPClientTests {
    @Test func `method, headers and body are sent, and status, headers and body come back`() async throws {
        let mirror = try Mirror()
        var request = HTTPRequest(mirror.url("echo/x?y=1&z="))
        request.method = "PUT"
        request.headers = ["X-Given: 7"]
        request.body = Array("hello".utf8)
        let response = try await HTTPClient(environment: [:]).send(request)
        #expect(response.status == 201)
        #expect(response.header("X-Test") == "one")
        #expect(response.text.hasPrefix("PUT /echo/x?y=1&z=/"))
        #expect(response.text.contains("X-Given: 7\n"))
        #expect(response.text.contains("User-Agent: stonebake/"))
        #expect(response.text.hasSuffix("\n\nhello"))
    }

    @Test func `redirects are shown unless they are to be followed`() async throws {
        let mirror = try Mirror()
        let client = HTTPClient(environment: [:])
        var request = HTTPRequest(mirror.url("redirect/100"))
        let shown = try await client.send(request)
        #expect(shown.status == 302)
        #expect(shown.header("location")?.hasPrefix("/ok/100/") == true)
        #expect(shown.text == "moved")
        request.followsRedirects = true
        let followed = try await client.send(request)
        #expect(followed.status == 200)
        #expect(followed.body == Mirror.content(100))
    }

    @Test func `an error status is an answer; no answer in time, or too long a one, is an error`() async throws {
        let mirror = try Mirror()
        let client = HTTPClient(environment: [:])
        #expect(try await client.send(HTTPRequest(mirror.url("missing"))).status == 404)

        var slow = HTTPRequest(mirror.url("slow/600"))
        slow.timeout = .milliseconds(500)
        let late = await #expect(throws: HostError.self) { try await client.send(slow) }
        #expect(late?.message.contains("timed out") == true, "\(late?.message ?? "")")

        var long = HTTPRequest(mirror.url("ok/5000"))
        long.bodyLimit = 1000
        let large = await #expect(throws: HostError.self) { try await client.send(long) }
        #expect(large?.message == "GET \(mirror.url("ok/5000")): the answer is longer than 1 kB")
    }
}
