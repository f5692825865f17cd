#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/crypto/aead.hpp"

/// Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, in hexadecimal: RFC 9180 appendix A.2 whole, and from the
/// test-vectors.json published with the RFC its one suite with AES-256-GCM, which the appendix leaves out.
namespace skerry::crypto {

struct HpkeMessage {
    std::uint64_t index;
    std::string_view aad, nonce, ciphertext;
};

struct HpkeVector {
    Aead aead;
    std::string_view ephemeral_private, ephemeral_public, receiver_private, receiver_public;
    std::string_view shared_secret, key, base_nonce;
    std::vector<HpkeMessage> messages;
};

inline constexpr std::string_view kHpkeInfo = "4f6465206f6e2061204772656369616e2055726e";
inline constexpr std::string_view kHpkePlaintext = "4265617574792069732074727574682c20747275746820626561757479";

inline std::vector<HpkeVector> hpke_vectors() {
    return {
        {Aead::ChaCha20Poly1305,
         "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
         "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
         "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
         "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
         "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7",
         "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91",
         "5c4d98150661b848853b547f",
         {{0, "436f756e742d30", "5c4d98150661b848853b547f",
           "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"},
          {1, "436f756e742d31", "5c4d98150661b848853b547e",
           "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c"},
          {2, "436f756e742d32", "5c4d98150661b848853b547d",
           "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b"},
          {4, "436f756e742d34", "5c4d98150661b848853b547b",
           "63357a2aa291f5a4e5f27db6baa2af8cf77427c7c1a909e0b37214dd47db122bb153495ff0b02e9e54a50dbe16"},
          {255, "436f756e742d323535", "5c4d98150661b848853b5480",
           "18ab939d63ddec9f6ac2b60d61d36a7375d2070c9b683861110757062c52b8880a5f6b3936da9cd6c23ef2a95c"},
          {256, "436f756e742d323536", "5c4d98150661b848853b557f",
           "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40d4c728d6ed9e727a5b"}}},
        {Aead::Aes256Gcm,
         "179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11",
         "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
         "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
         "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c",
         "3101c54c3a4f87439eaac080699ed9bbcc726ffe44e860c0424ccb7e3e2ead7b",
         "f50b0609186798729ed0564b36ef2ef8044f1f9d05636874d1f46c819c7a669f",
         "151d9929e2449747889bc923",
         {{0, "436f756e742d30", "151d9929e2449747889bc923",
           "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a"}}},
    };
}

}  // namespace skerry::crypto
