#include <chrono>
#include <cstdio>
#include <random>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>

#include "common/parameters/layout.hpp"
#include "tests/unit/coordinator/test_peer.hpp"

// Nodes, played one after the other, that each join a running coordinator and send one update of its whole model.
// Prints a line of JSON. README.md has the command.
namespace {

using namespace skerry;
using coordinator::TestPeer;

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "upload-bench: %s\n", why.c_str());
    std::exit(1);
}

std::vector<float> some_delta(std::size_t values) {
    std::mt19937 random(1);
    std::vector<float> delta(values);
    for (float& value : delta)
        value = (static_cast<float>(random()) / 4294967296.0F - 0.5F) * 1e-3F;
    return delta;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Sends one update of the whole model from each of many played nodes"};
    std::string token;
    std::size_t nodes = 10;
    app.add_option("--token", token, "A token for so many joins")->required();
    app.add_option("--nodes", nodes, "How many");
    CLI11_PARSE(app, argc, argv);

    boost::asio::io_context loop;
    transport::Context context(loop);
    std::vector<float> delta;
    std::size_t bytes = 0;
    double seconds = 0;
    for (std::size_t i = 0; i < nodes; ++i) {
        TestPeer peer(loop, context, "played-" + std::to_string(i));
        if (const std::string why = peer.join(token); !why.empty()) stop(why);
        peer.connect();
        if (delta.empty()) {
            const auto spec = parameters::parse_model(peer.model_text);
            if (!spec) stop(spec.error().message);
            delta = some_delta(parameters::ParameterLayout::of(*spec)->size());
        }
        const auto grant = peer.ask<wire::LeaseGrant>(wire::LeaseRequest{ModelVersion{1}, Tier::Heavy});
        const wire::SealedUpdate update = peer.seal(grant.lease, delta, 100);
        const auto started = std::chrono::steady_clock::now();
        const auto fate = peer.deliver(grant.lease, update);
        seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
        if (const auto* refused = std::get_if<wire::Refusal>(&fate)) stop(refused->text);
        if (!std::holds_alternative<wire::Receipt>(fate)) stop("an update got no receipt");
        bytes = update.sealed.size();
    }
    std::printf("{\"nodes\": %zu, \"sealed_bytes\": %zu, \"seconds_an_upload\": %.2f}\n", nodes, bytes,
                seconds / static_cast<double>(nodes));
    return 0;
}
