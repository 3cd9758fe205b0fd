#pragma once

/// The shortest complete program:
///
///   #include <gliner/gliner.h>
///   #include <iostream>
///   int main() {
///     auto model = gliner::Extractor::load("weights/demo");
///     auto result = model.extract_entities("Tim Cook leads Apple in Cupertino.", {"person", "company",
///     "city"}); std::cout << gliner::to_json(result) << "\n";
///   }
///
#include "gliner/error.h"
#include "gliner/evaluate.h"
#include "gliner/extractor.h"
#include "gliner/fingerprint.h"
#include "gliner/hub.h"
#include "gliner/labels.h"
#include "gliner/options.h"
#include "gliner/profile.h"
#include "gliner/redact.h"
#include "gliner/result.h"
#include "gliner/schema.h"
#include "gliner/session.h"
#include "gliner/tokenizer.h"
#include "gliner/version.h"
