import HostSystem
import Testing

@testable import BootCheck

struct HTMLFormTests {
    private static let login = """
        <!DOCTYPE html><title>Log in</title>
        <!-- <form method="post"><input name="username"></form> -->
        <form action="/search"><input name="q"></form>
        <form action="/admin/login/?next=/admin/" method="post" id="login-form"><input type="hidden"
            name="csrfmiddlewaretoken" value="a&amp;b&#x27;&quot;">
          <input type=text name=username autofocus required> <input type="password" name="password"/>
          <input type="checkbox" name="stay" value="yes" checked><input type="checkbox" name="news">
          <input type="submit" name="go" value="Log in"><button name="other">x</button>
          <textarea name="note">hello</textarea><select name="zone"><option>1</option></select>
          <input name="off" value="1" disabled>
        </form>
        """

    @Test func `a form has its hidden values, what is checked, and the names that may be filled in`() throws {
        let forms = HTMLForm.forms(in: Self.login)
        #expect(forms.count == 2)
        let form = try #require(forms.last)
        #expect(form.action == "/admin/login/?next=/admin/")
        #expect(form.isPost)
        #expect(form.fields.map(\.name) == ["csrfmiddlewaretoken", "username", "password", "stay", "note"])
        #expect(form.fields.first?.value == "a&b'\"")
        #expect(form.names.isSuperset(of: ["username", "password", "zone", "note", "news"]))
        #expect(!form.names.contains("off"))
    }

    @Test func `what is filled in takes the place of what was there, and all of it is escaped`() throws {
        let form = try #require(HTMLForm.forms(in: Self.login).last)
        #expect(
            form.encoded(filling: ["username": "ada", "password": "p&=ä +"])
                == "csrfmiddlewaretoken=a%26b%27%22&stay=yes&note=&password=p%26%3D%C3%A4+%2B&username=ada")
    }

    @Test(arguments: ["", "<", "<form", "<form method=post", "<input name=x>", "<form><form <>", "<a b='", "<form =x>"])
    func `broken pages are read to their end`(page: String) {
        #expect(HTMLForm.forms(in: page).allSatisfy { $0.fields.isEmpty })
    }

    @Test func `cookies are kept until they are taken back`() {
        let session = HTTPSession()
        #expect(session.header == nil)
        func answer(_ cookies: String...) -> HTTPResponse {
            HTTPResponse(status: 200, headers: cookies.map { ("set-cookie", $0) }, body: [])
        }
        session.keep(answer("csrftoken=abc; Path=/; SameSite=Lax", "session=a=b; HttpOnly", "nonsense", "=x"))
        #expect(session.header == "Cookie: csrftoken=abc; session=a=b")
        session.keep(answer("session=; Max-Age=0; Path=/"))
        #expect(session.header == "Cookie: csrftoken=abc")
    }
}
