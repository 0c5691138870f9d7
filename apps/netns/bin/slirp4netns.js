#!/usr/bin/env node
import '../dist/slirp4netns.js';
