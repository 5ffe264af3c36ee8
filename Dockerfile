# Builds the server's image: dependencies, then the program, then a small non-root runtime for the CPU.
#
#   docker build -t inpaint-server .
#   docker run --rm -p 5001:5001 inpaint-server
#
# Behind a proxy that re-signs TLS, or with a private registry, hand the build what npm needs; neither ends up in a layer:
#   docker build --secret id=ca,src=/path/to/ca.pem --secret id=npmrc,src=$HOME/.npmrc -t inpaint-server .

# Any image with Node ≥ 20.19 and glibc ≥ 2.28 (onnxruntime has no build for musl, so not Alpine).
ARG NODE_IMAGE=node:20-bookworm-slim

# ---- production dependencies
FROM ${NODE_IMAGE} AS deps
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=ca --mount=type=secret,id=npmrc \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca NPM_CONFIG_CAFILE=/run/secrets/ca; fi; \
    if [ -f /run/secrets/npmrc ]; then export NPM_CONFIG_USERCONFIG=/run/secrets/npmrc; fi; \
    npm ci --omit=dev --no-audit --no-fund --cache /tmp/npm && rm -rf /tmp/npm
# onnxruntime-node brings its library for every platform: keep this one, and save about 235 MB.
RUN cd node_modules/onnxruntime-node/bin/napi-v6 && arch="$(node -p process.arch)" && \
    rm -rf darwin win32 && find linux -mindepth 1 -maxdepth 1 ! -name "$arch" -exec rm -rf {} +

# ---- the program
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=ca --mount=type=secret,id=npmrc \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca NPM_CONFIG_CAFILE=/run/secrets/ca; fi; \
    if [ -f /run/secrets/npmrc ]; then export NPM_CONFIG_USERCONFIG=/run/secrets/npmrc; fi; \
    npm ci --no-audit --no-fund --cache /tmp/npm && rm -rf /tmp/npm
COPY tsconfig.json ./
COPY src ./src
RUN npm run build

# ---- what runs
FROM ${NODE_IMAGE} AS runtime-cpu
WORKDIR /app
ENV NODE_ENV=production
COPY --from=deps /app/node_modules ./node_modules
COPY package.json LICENSE ./
# The model that is served when no other is named; not what made it.
COPY models/stable-diffusion-2-inpainting-tiny ./models/stable-diffusion-2-inpainting-tiny
COPY --from=build /app/dist/src ./dist/src
# A number, so that Kubernetes can see that it is not root. Nothing under /app is written to.
USER 10001:10001
EXPOSE 5001
# Liveness only: a server whose worker restarts is alive, and says by /health/ready that it takes no work.
# Not by fetch, which refuses the ports that browsers do.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["node", "-e", "require('node:http').get({ host: '127.0.0.1', port: process.env.PORT || 5001, path: '/health/live' }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
CMD ["node", "dist/src/bin/server.js"]
