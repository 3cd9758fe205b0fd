// pull_model and a hub that is slow, broken or elsewhere, and who gets to see the token.
#include "pull_fixture.h"

#include <optional>

namespace gliner {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::ends_with;
using ::testing::HasSubstr;
using testing::HttpServer;
using ::testing::IsEmpty;
using testing::kToken;
using ::testing::Not;
using testing::Pull;
using testing::replace_header;
using testing::ServedRequest;
using testing::ServedResponse;
using testing::weights;

// ---- a bad network ----

TEST_F(Pull, GoesOnWhereAConnectionWasCut) {
  spoil_weights(2, [](ServedResponse& response) { response.cut_after = response.body.size() / 2; });
  expect_good_snapshot(pull().folder);
  const auto asked = hub_.requests_for("GET", "model.safetensors");
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0].header("range"), "");
  EXPECT_EQ(asked[1].header("range"), "bytes=150000-");
  EXPECT_EQ(asked[2].header("range"), "bytes=225000-");
}

TEST_F(Pull, AServerThatStallsIsAskedAgain) {
  spoil_weights(1, [](ServedResponse& response) {
    response.cut_after = 1000;
    response.stall = true;
  });
  expect_good_snapshot(pull().folder);
  EXPECT_EQ(hub_.requests_for("GET", "model.safetensors").back().header("range"), "bytes=1000-");
}

TEST_F(Pull, ConnectionsThatBringSomethingNeverRunOutOfTries) {
  spoil_weights(10, [](ServedResponse& response) { response.cut_after = 10'000; });
  options_.retries = 1;
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, GivesUpWhenNothingComesAndKeepsWhatCame) {
  int answers = 0;
  spoil_weights(1000,
                [&answers](ServedResponse& response) { response.cut_after = answers++ == 0 ? 1000 : 0; });
  EXPECT_THAT(pull_error(), AllOf(HasSubstr("model.safetensors"), HasSubstr("is the network there")));
  expect_no_model();
  EXPECT_EQ(fs::file_size(partial("model.safetensors")), 1000U);
  hub_.intercept({});
  expect_good_snapshot(pull().folder);
  EXPECT_EQ(hub_.requests_for("GET", "model.safetensors").back().header("range"), "bytes=1000-");
}

TEST_F(Pull, AServerThatKnowsNoRangesSendsTheWholeFileAgain) {
  int answers = 0;
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.method != "GET" || !ends_with(request.target, "model.safetensors")) return;
    response.status = 200;
    response.body = weights();
    if (answers++ == 0) response.cut_after = 100;
  });
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, AServerWithoutRangesThatAlwaysCutsEndsTheTries) {
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.method != "GET" || !ends_with(request.target, "model.safetensors")) return;
    response.status = 200;
    response.body = weights();
    response.cut_after = 100;
  });
  pull_error();
  EXPECT_EQ(hub_.requests_for("GET", "model.safetensors").size(), 4U);
}

TEST_F(Pull, ARangeOfSomethingElseIsNotTaken) {
  int answers = 0;
  spoil_weights(2, [&](ServedResponse& response) {
    if (answers++ == 0) {
      response.cut_after = 100;
    } else {
      replace_header(response, "Content-Range", "bytes 7-299999/300000");
    }
  });
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, FiveHundredsAndTooManyRequestsAreTriedAgain) {
  int answers = 0;
  hub_.intercept([&](const ServedRequest&, ServedResponse& response) {
    const int statuses[] = {500, 429, 503};
    if (answers++ % 4 < 3)
      response = {statuses[answers % 3], {{"Retry-After", "0"}}, "<html>", {}, {}, false, false};
  });
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, AHubThatHangsUpIsNamedInTheError) {
  hub_.intercept([](const ServedRequest&, ServedResponse& response) { response.hang_up = true; });
  EXPECT_THAT(pull_error(), AllOf(HasSubstr(hub_.endpoint()), HasSubstr("HF_ENDPOINT")));
  EXPECT_EQ(hub_.requests().size(), 4U);
}

TEST_F(Pull, NobodyListening) {
  {
    HttpServer gone([](const ServedRequest&) { return ServedResponse(); });
    options_.endpoint = gone.origin();
  }
  options_.retries = 0;
  EXPECT_THAT(pull_error(), HasSubstr(options_.endpoint));
}

TEST_F(Pull, StopsWhenTheCallerSaysSo) {
  spoil_weights(1, [](ServedResponse& response) {
    response.cut_after = 1000;
    response.stall = true;
  });
  options_.stall_timeout_ms = 1'000'000;
  options_.on_progress = [](const PullProgress& progress) {
    return progress.file != "model.safetensors" || progress.downloaded < 1000;
  };
  EXPECT_THAT(pull_error(), HasSubstr("stopped"));
  EXPECT_EQ(fs::file_size(partial("model.safetensors")), 1000U);
  expect_no_model();
}

// ---- redirects and the token ----

TEST_F(Pull, FollowsARedirectOnTheSameHostWithTheToken) {
  options_.token = kToken;
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.target.rfind("/old/", 0) == 0) {
      response = {307, {{"Location", "/org/tiny" + request.target.substr(9)}}, "", {}, {}, false, false};
    } else if (request.target.rfind("/api/models/old/name/", 0) == 0) {
      response = {307,  {{"Location", "/api/models/org/tiny" + request.target.substr(20)}}, "", {}, {}, false,
                  false};
    }
  });
  EXPECT_THAT(pull("old/name").folder, HasSubstr("models--old--name"));
  for (const ServedRequest& request : hub_.requests()) {
    EXPECT_EQ(request.header("authorization"), std::string("Bearer ") + kToken) << request.target;
  }
}

TEST_F(Pull, ATokenNeverGoesToAnotherHost) {
  options_.token = kToken;
  HttpServer storage([](const ServedRequest& request) {
    ServedResponse response;
    response.body = weights();
    if (!request.header("range").empty()) response.status = 500;
    return response;
  });
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (!ends_with(request.target, "model.safetensors")) return;
    response.status = 302;
    response.body.clear();
    replace_header(response, "ETag", "\"of the redirect\"");
    response.headers.emplace_back("X-Linked-Etag", '"' + hub_.etag("model.safetensors") + '"');
    response.headers.emplace_back("X-Linked-Size", std::to_string(weights().size()));
    response.headers.emplace_back("Location", storage.origin() + "/blob?X-Signature=secretSignature");
  });
  expect_good_snapshot(pull().folder);
  ASSERT_EQ(storage.requests().size(), 1U);
  EXPECT_EQ(storage.requests()[0].method, "GET");
  EXPECT_EQ(storage.requests()[0].header("authorization"), "");
}

TEST_F(Pull, NeitherTokenNorSignatureIsInAnError) {
  options_.token = kToken;
  HttpServer storage([](const ServedRequest&) { return ServedResponse{403, {}, "", {}, {}, false, false}; });
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.method != "GET" || !ends_with(request.target, "model.safetensors")) return;
    response = {
        302,  {{"Location", storage.origin() + "/blob?X-Signature=secretSignature"}}, "", {}, {}, false,
        false};
  });
  EXPECT_THAT(pull_error(),
              AllOf(HasSubstr("403"), Not(HasSubstr(kToken)), Not(HasSubstr("secretSignature"))));
}

TEST_F(Pull, ARedirectToAnotherSchemeIsRefused) {
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.method == "GET" && ends_with(request.target, ".json")) {
      response = {302, {{"Location", "file:///etc/passwd"}}, "", {}, {}, false, false};
    }
  });
  EXPECT_THAT(pull_error(), HasSubstr("expected an address with http or https"));
}

TEST_F(Pull, ACircleOfRedirectsEnds) {
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    response = {302, {{"Location", request.target}}, "", {}, {}, false, false};
  });
  EXPECT_THAT(pull_error(), HasSubstr("redirects"));
}

TEST_F(Pull, TokenComesFromTheEnvironmentOrItsFile) {
  const auto token_sent = [&] {
    pull();
    return hub_.requests().back().header("authorization");
  };
  EXPECT_EQ(token_sent(), "");
  folder_.write("home/token", "hf_ofTheFile\n");
  EXPECT_EQ(token_sent(), "Bearer hf_ofTheFile");
  ::setenv("HF_TOKEN", "hf_ofTheVariable", 1);
  EXPECT_EQ(token_sent(), "Bearer hf_ofTheVariable");
  ::setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1", 1);
  EXPECT_EQ(token_sent(), "");
}

TEST_F(Pull, ATokenThatWouldBreakTheHeaderIsRefusedUnseen) {
  options_.token = "hf_a\r\nX-Evil: b";
  EXPECT_THAT(pull_error(), AllOf(HasSubstr("HF_TOKEN"), Not(HasSubstr("hf_a"))));
  EXPECT_THAT(hub_.requests(), IsEmpty());
}

TEST_F(Pull, EndpointComesFromTheEnvironment) {
  options_.endpoint.clear();
  ::setenv("HF_ENDPOINT", (hub_.endpoint() + "/").c_str(), 1);
  expect_good_snapshot(pull().folder);
}

}  // namespace
}  // namespace gliner
