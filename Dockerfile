# One image for every process; docker-compose.yml says which one a container runs.
FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force
COPY . .
# A volume that is mounted here is this user's.
RUN install -d -o node -g node /var/lib/doorbuster
USER node
# Node itself, not npm: signals must reach the process that stops in order.
ENTRYPOINT ["node", "--import", "tsx"]
CMD ["gateway/main.ts"]
